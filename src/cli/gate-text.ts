import { toInstant, toMs } from '../gate/instant.js';
import { stateAt } from '../gate/verdict.js';
import { actionFor, type GatedImage, type GateResult, nameOf } from './gate-result.js';

type Finding = GatedImage['verdict']['findings'][number];

const WORDS = { pass: 'PASS', fail: 'FAIL', unknown: 'UNKNOWN' } as const;
const COLORS = { pass: 32, fail: 31, unknown: 33, overdue: 31, due: 33, reported: 2, excepted: 36, ignored: 2 } as const;

/** The verdict for a person: per image the most urgent finding first, what to do, and by when. */
export function gateText({ policy, asOf, images }: GateResult, color: boolean): string {
  const paint: Paint = (kind, text) => (color ? `\u001B[${COLORS[kind]}m${text}\u001B[0m` : text);
  const blocks = images.map((image) => imageText(image, asOf, paint));
  const closed = images.filter(({ verdict }) => !verdict.allowed).length;
  const summary = closed === 0 ? 'The gate is open' : `The gate is closed: ${closed} of ${images.length} images may not pass`;
  return `${blocks.join('\n')}\n${summary} (policy ${policy.name}, ${toInstant(asOf)}).\n`;
}

type Paint = (kind: keyof typeof COLORS, text: string) => string;

function imageText(image: GatedImage, asOf: number, paint: Paint): string {
  const { verdict } = image;
  const heading = `${paint(verdict.verdict, WORDS[verdict.verdict])} ${printable(`${nameOf(image)}: ${verdict.reason}`)}\n`;
  const timed = verdict.findings.filter((finding) => finding.failsAt !== undefined).map((finding) => timedText(finding, asOf, paint));
  return heading + timed.join('') + reportedText(verdict.findings, paint);
}

function timedText(finding: Finding, asOf: number, paint: Paint): string {
  const failsAt = finding.failsAt ?? '';
  const state = stateAt(finding, asOf);
  const distance = roughly(Math.abs(asOf - toMs(failsAt)));
  const when = state === 'overdue' ? `was due ${failsAt}, ${distance} ago` : `by ${failsAt}, in ${distance}`;
  const rating = finding.exploited ? `${finding.severity}, exploited` : finding.severity;
  const what = printable(`${finding.id} in ${finding.package} (${rating}): ${actionFor(finding)}`);
  return `  ${paint(state, state.padEnd(8))} ${what}\n           ${when} (${finding.reason})\n`;
}

/** How many findings without a deadline are listed: a distribution's image may have thousands without a fix. */
const LISTED = 10;

function reportedText(findings: readonly Finding[], paint: Paint): string {
  const reported = findings.filter((finding) => finding.failsAt === undefined);
  const lines = reported.slice(0, LISTED).map((finding) => {
    const what = printable(`${finding.id} in ${finding.package} (${finding.severity}): ${finding.reason}`);
    return `  ${paint('reported', 'reported')} ${what}\n`;
  });
  const more = reported.length - lines.length;
  return (
    lines.join('') + (more > 0 ? `  ${paint('reported', 'reported')} ${more} more without a deadline; --format json lists them\n` : '')
  );
}

/** A report is somebody else's text: nothing in it may move the cursor or start a line. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

function roughly(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  return hours >= 48 ? `${Math.floor(hours / 24)}d` : hours >= 1 ? `${hours}h` : 'less than 1h';
}
