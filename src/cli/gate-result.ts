import type { ExceptionUse } from '../gate/exception-use.js';
import type { FindingState } from '../gate/finding.js';
import type { ImageReports } from '../gate/images.js';
import type { ImageVerdict, Verdict } from '../gate/verdict.js';
import { stateAt } from '../gate/verdict.js';
import type { Policy } from '../policy/policy.js';
import { type ImageRemedy, means } from './gate-remedy.js';

/** One image and its verdict. */
export interface GatedImage extends ImageReports {
  readonly verdict: ImageVerdict;
  /** What a workload that runs it asks for. @default no workload is known */
  readonly remedy?: ImageRemedy;
}

/** What `patchway gate` prints, in whatever format. */
export interface GateResult {
  readonly policy: Policy;
  /** Epoch milliseconds. */
  readonly asOf: number;
  /** The most urgent one first. */
  readonly images: readonly GatedImage[];
  /** What became of the policy's exceptions. @default it has none */
  readonly exceptions?: readonly ExceptionUse[];
  readonly warnings: readonly string[];
}

/** The verdict on all images: one that fails wins, then one that is unknown. */
export function overallVerdict(images: readonly GatedImage[]): Verdict {
  const verdicts = new Set(images.map(({ verdict }) => verdict.verdict));
  return verdicts.has('fail') ? 'fail' : verdicts.has('unknown') ? 'unknown' : 'pass';
}

const RANK: Readonly<Record<Verdict, number>> = { fail: 0, unknown: 1, pass: 2 };

/** Images with the most urgent one first: by verdict, then by the instant at which their gate closes, then by name. */
export function imagesByUrgency(images: readonly GatedImage[]): readonly GatedImage[] {
  const closesAt = ({ verdict }: GatedImage) => (verdict.gateClosesAt === undefined ? Infinity : Date.parse(verdict.gateClosesAt));
  const byName = (a: GatedImage, b: GatedImage) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0);
  const byClosing = (a: number, b: number) => (a === b ? 0 : a - b);
  return [...images].sort(
    (a, b) => RANK[a.verdict.verdict] - RANK[b.verdict.verdict] || byClosing(closesAt(a), closesAt(b)) || byName(a, b),
  );
}

/** Whether the gate is open, for how long, and otherwise for how many images it is not: a sentence without its full stop. */
export function gateSummary({ images, asOf }: GateResult): string {
  const closed = images.filter(({ verdict }) => !verdict.allowed).length;
  if (closed > 0) return `The gate is closed: ${closed} of ${images.length} images may not pass`;
  const [closesAt] = images
    .flatMap(({ verdict }) =>
      verdict.gateClosesAt === undefined || Date.parse(verdict.gateClosesAt) <= asOf ? [] : [verdict.gateClosesAt],
    )
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  return closesAt === undefined ? 'The gate is open' : `The gate is open until ${closesAt}`;
}

/** How many findings are in each state at an instant (epoch milliseconds). */
export function countStates(findings: ImageVerdict['findings'], asOf: number): Readonly<Record<FindingState, number>> {
  const counts = { overdue: 0, due: 0, reported: 0, excepted: 0, ignored: 0 };
  for (const finding of findings) counts[stateAt(finding, asOf)] += 1;
  return counts;
}

/**
 * Findings by what they ask for at an instant (epoch milliseconds): `urgent` have a deadline; the `rest` ask for nothing
 * now, those first that somebody has excused.
 */
export function bySeriousness(findings: ImageVerdict['findings'], asOf: number) {
  const by: Record<FindingState, ImageVerdict['findings'][number][]> = { overdue: [], due: [], excepted: [], ignored: [], reported: [] };
  for (const finding of findings) by[stateAt(finding, asOf)].push(finding);
  return { urgent: [...by.overdue, ...by.due], rest: [...by.excepted, ...by.ignored, ...by.reported] };
}

/** What an image is called in messages. */
export function nameOf(image: ImageReports): string {
  return image.image ?? image.digests[0] ?? 'an image that its report does not name';
}

/** The state of a finding at an instant (epoch milliseconds), and since or until when, for a person. */
export function stateWords(finding: ImageVerdict['findings'][number], asOf: number): string {
  const state = stateAt(finding, asOf);
  if (state === 'overdue') return `overdue since ${finding.failsAt}`;
  return state === 'due' ? `due by ${finding.failsAt}` : state;
}

/** What to do about a finding of an image, for a person. */
export function actionFor(finding: ImageVerdict['findings'][number], { remedy }: Pick<GatedImage, 'remedy'>): string {
  const installed = finding.version === '' ? finding.package : `${finding.package} ${finding.version}`;
  if (finding.fixedIn.length === 0) return `no fix for ${installed} yet: replace it, or wait for one`;
  return `update ${installed} to ${finding.fixedIn.join(' or ')}${remedy === undefined ? '' : means(remedy, finding)}`;
}

/** What to do about an image that is not let through, as a sentence; undefined where it is, or no workload is known. */
export function askedOf({ verdict, remedy }: GatedImage): string | undefined {
  return verdict.verdict === 'fail' && remedy !== undefined ? `${remedy.words}.` : undefined;
}

/** Who says why a finding does not count at an instant (epoch milliseconds), and until when; undefined: it counts. */
export function excuseOf(finding: ImageVerdict['findings'][number], asOf: number): string | undefined {
  const { excepted, ignored } = finding;
  if (ignored !== undefined) return `${ignored.status.replace('_', ' ')}: ${ignored.reason} (${ignored.source})`;
  if (excepted === undefined || stateAt(finding, asOf) !== 'excepted') return undefined;
  return `accepted by ${excepted.approvedBy} until ${excepted.expires}: ${excepted.reason}`;
}
