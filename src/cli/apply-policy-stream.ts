import type { ImageLock } from '../lock/lock.js';
import { dig } from '../manifest/dig.js';
import { applyEdits } from '../manifest/edit.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import { type Path, parsePath } from '../policy/path.js';
import type { Policy, Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { type Adopted, adopt } from '../rollout/adopt.js';
import { checkStream, type Judged } from './apply-policy-checks.js';
import { rewrite } from './yaml-rewrite.js';
import type { YamlDocument, YamlStream } from './yaml-stream.js';

/** What objects are put under. */
export interface Rules {
  readonly policy: Policy;
  readonly stage: Stage;
  readonly lock: ImageLock;
}

/** Something to tell, and the object that it is about. */
export interface Finding {
  readonly problem: Problem;
  readonly object?: unknown;
  /** It is only told: nothing is to be done about it. */
  readonly note?: true;
}

export interface AdoptedStream {
  /** With its edits, or as it was where a finding is an error. */
  readonly text: string;
  readonly findings: readonly Finding[];
}

/** Puts every object of a stream under a policy, in its text. */
export function adoptStream(text: string, stream: YamlStream, rules: Rules, file: string): AdoptedStream {
  const beside = stream.documents.flatMap(({ objects }) => objects.map(({ object }) => object)).filter(isManifest);
  const adopted = stream.documents.map((document) => adoptDocument(document, beside, rules, file));
  const checks = checkStream(
    adopted.flatMap(({ judged }) => judged),
    rules,
  );
  const findings = [...adopted.flatMap((each) => each.findings), ...checks];
  if (findings.some(({ problem }) => problem.severity === 'error')) return { text, findings };
  const written = rewrite(
    text,
    stream,
    adopted.map(({ wanted }) => wanted),
    file,
  );
  if ('problems' in written) return { text, findings: written.problems.map((problem) => ({ problem })) };
  return { text: written.text, findings };
}

interface AdoptedDocument {
  readonly wanted: unknown;
  readonly findings: readonly Finding[];
  readonly judged: readonly Judged<Finding>[];
}

function adoptDocument(document: YamlDocument, beside: readonly Manifest[], rules: Rules, file: string): AdoptedDocument {
  const findings: Finding[] = [];
  const judged: Judged<Finding>[] = [];
  const edited = new Map<unknown, unknown>();
  for (const placed of document.objects) {
    const { object } = placed;
    const tell = (problem: Problem, field: Path) => ({
      problem: { ...problem, file, line: document.lineOf([...placed.at, ...field]), column: 1 },
      object,
    });
    if (!isManifest(object)) {
      findings.push(tell({ path: '', message: `This is not a Kubernetes object: it has no ${lacking(object)}.`, severity: 'error' }, []));
      continue;
    }
    const adopted = adopt({ ...rules, manifest: object, beside });
    judged.push({
      manifest: applyEdits(object, adopted?.edits ?? []),
      isCovered: adopted?.workload !== undefined,
      tell: (problem) => tell(problem, fieldOf(problem)),
    });
    if (adopted === undefined) continue;
    for (const problem of adopted.problems) findings.push(tell(problem, fieldOf(problem)));
    const left = leftAlone(object, adopted);
    if (left !== undefined) findings.push({ ...tell(left, []), note: true });
    if (adopted.additions.some(({ kind }) => kind === 'Rollout')) findings.push(tell(notAdded(object, rules.policy), []));
    if (adopted.edits.length > 0 && isObject(placed.written)) edited.set(placed.written, applyEdits(placed.written, adopted.edits));
  }
  return { wanted: edited.size === 0 ? document.value : replaced(document.value, edited), findings, judged };
}

/** A document with some of its objects, wherever lists in it hold them, replaced. */
function replaced(value: unknown, edited: ReadonlyMap<unknown, unknown>): unknown {
  if (edited.has(value)) return edited.get(value);
  const items = dig(value, 'items');
  if (!isObject(value) || !Array.isArray(items)) return value;
  return { ...value, items: items.map((item) => replaced(item, edited)) };
}

function leftAlone(object: Manifest, { coverage }: Adopted): Problem | undefined {
  if (coverage.state === 'covered') return undefined;
  const message =
    coverage.state === 'ignored' ? `It is left as it is, as it says itself: ${coverage.reason}` : `It is left as it is. ${coverage.reason}`;
  const name: unknown = dig(object, 'metadata', 'name');
  return { path: typeof name === 'string' ? titleOf(object) : object.kind, message, severity: 'warning' };
}

/** Problems name the object before the field: `Deployment/web spec.replicas`. */
export function fieldOf({ path }: Problem): Path {
  const space = path.indexOf(' ');
  return space === -1 ? [] : parsePath(path.slice(space + 1));
}

function notAdded(object: Manifest, { rollout: { strategy } }: Policy): Problem {
  return {
    path: titleOf(object),
    message: `rollout.strategy ${strategy} needs a Rollout beside it, and this filter adds no objects: without one Kubernetes rolls it pod by pod.`,
    hint: 'Write a Rollout whose workloadRef names it, or use `patchway synth` or `Patching.apply`, which add one.',
    severity: 'warning',
  };
}

const NEEDED = ['apiVersion', 'kind'];

function isManifest(object: unknown): object is Manifest {
  return NEEDED.every((field) => typeof dig(object, field) === 'string');
}

function lacking(object: unknown): string {
  return NEEDED.filter((field) => typeof dig(object, field) !== 'string').join(' and no ');
}

function isObject(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
