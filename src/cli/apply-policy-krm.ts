import { dig } from '../manifest/dig.js';
import { formatPath } from '../policy/path.js';
import { type Finding, fieldOf } from './apply-policy-stream.js';
import { rewrite } from './yaml-rewrite.js';
import { readStream, type YamlStream } from './yaml-stream.js';

/** What arguments name, or a KRM function's configuration. */
export interface Settings {
  readonly policy?: string;
  readonly stage?: string;
  readonly lock?: string;
}

/** The ResourceList that orchestrators of KRM functions send; undefined for any other stream. */
export function resourceListIn({ documents }: YamlStream): object | undefined {
  const value = documents.length === 1 ? documents[0]?.value : undefined;
  const apiVersion = dig(value, 'apiVersion');
  const isList = dig(value, 'kind') === 'ResourceList' && typeof apiVersion === 'string' && apiVersion.startsWith('config.kubernetes.io/');
  return isList && typeof value === 'object' && value !== null ? value : undefined;
}

/** A ConfigMap keeps its settings under `data`, any other kind under `spec`. */
export function settingsIn(list: object | undefined): Settings {
  const settings = dig(list, 'functionConfig', 'data') ?? dig(list, 'functionConfig', 'spec');
  return Object.fromEntries(
    ['policy', 'stage', 'lock'].flatMap((name) => {
      const value = dig(settings, name);
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** A ResourceList with findings as its results; as it was where there are none. */
export function withResults(text: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return text;
  const stream = readStream(text, '');
  const list: unknown = stream.documents[0]?.value;
  if (typeof list !== 'object' || list === null) return text;
  const written = rewrite(text, stream, [{ ...list, results: findings.map(resultOf) }], '');
  return 'text' in written ? written.text : text;
}

/** @see the KRM Functions Specification, and `Result` of kyaml's framework, which reads `file.index` as a number */
function resultOf({ problem, object, note }: Finding): object {
  const { message, severity, received, hint } = problem;
  const path = formatPath(fieldOf(problem));
  return {
    message: [message, received && `Received ${received}.`, hint].filter(Boolean).join(' '),
    severity: note === true ? 'info' : severity,
    ...(object === undefined ? {} : { resourceRef: referenceOf(object) }),
    ...(path === '' ? {} : { field: { path } }),
    ...fileOf(object),
  };
}

function referenceOf(object: unknown): object {
  const fields = {
    apiVersion: dig(object, 'apiVersion'),
    kind: dig(object, 'kind'),
    name: dig(object, 'metadata', 'name'),
    namespace: dig(object, 'metadata', 'namespace'),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value === 'string'));
}

function fileOf(object: unknown): object {
  const annotation = (name: string) =>
    dig(object, 'metadata', 'annotations', `internal.config.kubernetes.io/${name}`) ??
    dig(object, 'metadata', 'annotations', `config.kubernetes.io/${name}`);
  const [path, index] = [annotation('path'), annotation('index')];
  return typeof path === 'string' ? { file: { path, ...(typeof index === 'string' ? { index: Number(index) } : {}) } } : {};
}
