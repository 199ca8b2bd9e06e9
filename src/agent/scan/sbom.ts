import { gzipSync } from 'node:zlib';
import { toInstant } from '../../gate/instant.js';
import { names } from '../../manifest/names.js';
import type { Milliseconds, ScannerKind } from '../../policy/policy.js';
import { REPORT, scratchOf } from '../../scan/files.js';
import { addSbom, type KeptSboms, type NewSbom, type SbomIndex } from '../../scan/sbom.js';
import type { AgentContext } from '../context.js';
import { recordOf } from '../registry/credentials.js';
import { changeConfigMap } from './config-map.js';
import { type ReadText, troubleOf } from './result.js';
import { podOf } from './target.js';
import type { ScannerEnd } from './wait.js';

/** The SBOM as its container left it, or why there is none. It says nothing about a verdict. */
export async function sbomOf(writer: ScannerKind, end: ScannerEnd, timeout: Milliseconds, read: ReadText): Promise<NewSbom> {
  const trouble = troubleOf(end, writer, timeout);
  if (trouble !== undefined) return { missing: trouble.message ?? trouble.status };
  const file = `${scratchOf('sbom')}/${REPORT}`;
  const text = await read(file).catch(() => undefined);
  if (text === undefined) return { missing: `${writer} ended well but left nothing at ${file}` };
  if (!isCycloneDx(text)) return { missing: `what ${writer} left is no CycloneDX document, or not a whole one` };
  const zipped = gzipSync(text, { level: 9 });
  return { file: zipped.toString('base64'), bytes: zipped.length };
}

/** Stores an SBOM beside those of the repository's other digests. @returns what became of it, for the pod's log */
export async function keepSbom(context: AgentContext, repository: string, digest: string, sbom: NewSbom): Promise<string> {
  const place = { namespace: podOf(context).namespace, name: names.sbom(repository) };
  const at = toInstant(context.now());
  const { index } = await changeConfigMap(context, place, 'the SBOM', (stored) => {
    const result = addSbom(keptIn(stored, repository), digest, at, sbom);
    return { result, fields: { data: { ...recordOf(stored.data), sboms: JSON.stringify(result.index) }, binaryData: result.files } };
  });
  const { bytes, missing } = index.digests[digest] ?? {};
  const trouble = 'missing' in sbom ? sbom.missing : missing;
  const kept = bytes === undefined ? [] : [`the SBOM of ${digest} is kept in ConfigMap ${place.name}`];
  return [...(trouble === undefined ? [] : [`no SBOM of this scan: ${trouble}`]), ...kept].join('; ');
}

function isCycloneDx(text: string): boolean {
  try {
    return recordOf(JSON.parse(text)).bomFormat === 'CycloneDX';
  } catch {
    return false;
  }
}

/** What the ConfigMap holds; nothing where that is of another repository or version: every scan writes an SBOM anew. */
function keptIn({ data, binaryData }: Readonly<Record<string, unknown>>, repository: string): KeptSboms {
  const { sboms } = recordOf(data);
  const index = typeof sboms === 'string' ? indexIn(sboms) : undefined;
  if (index?.schemaVersion !== 1 || index.repository !== repository) {
    return { index: { schemaVersion: 1, repository, format: 'CycloneDX', digests: {} }, files: {} };
  }
  return { index, files: recordOf(binaryData) as KeptSboms['files'] };
}

function indexIn(json: string): SbomIndex | undefined {
  try {
    return JSON.parse(json) as SbomIndex;
  } catch {
    return undefined;
  }
}
