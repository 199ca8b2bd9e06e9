import { toInstant, toMs } from '../gate/instant.js';
import { stateAt } from '../gate/verdict.js';
import { exceptionsText } from './gate-exceptions.js';
import {
  actionFor,
  askedOf,
  bySeriousness,
  countStates,
  excuseOf,
  type GatedImage,
  type GateResult,
  gateSummary,
  nameOf,
} from './gate-result.js';
import { printable, roughly } from './gate-words.js';

type Finding = GatedImage['verdict']['findings'][number];

const WORDS = { pass: 'PASS', fail: 'FAIL', unknown: 'UNKNOWN' } as const;
const COLORS = { pass: 32, fail: 31, unknown: 33, overdue: 31, due: 33, excepted: 36, ignored: 2, reported: 2 } as const;

/** The verdict for a person: the most urgent image and finding first, what to do, and by when. */
export function gateText(result: GateResult, color: boolean): string {
  const paint: Paint = (kind, text) => (color ? `\u001B[${COLORS[kind]}m${text}\u001B[0m` : text);
  const blocks = result.images.map((image) => imageText(image, result.asOf, paint));
  const exceptions = exceptionsText(result.exceptions ?? [], result.asOf);
  return `${blocks.join('\n')}\n${exceptions}${gateSummary(result)} (policy ${result.policy.name}, ${toInstant(result.asOf)}).\n`;
}

type Paint = (kind: keyof typeof COLORS, text: string) => string;

function imageText(image: GatedImage, asOf: number, paint: Paint): string {
  const { verdict } = image;
  const heading = `${paint(verdict.verdict, WORDS[verdict.verdict])} ${printable(`${nameOf(image)}: ${verdict.reason}`)}\n`;
  const { urgent, rest } = bySeriousness(verdict.findings, asOf);
  const asked = askedOf(image);
  const todo = asked === undefined ? '' : `  ${paint('fail', 'to do'.padEnd(8))} ${printable(asked)}\n`;
  const listed = urgent.map((finding) => timedText(finding, image, asOf, paint)).join('');
  return `${heading}${todo}${listed}${restText(rest, asOf, paint)}`;
}

function timedText(finding: Finding, image: GatedImage, asOf: number, paint: Paint): string {
  const failsAt = finding.failsAt ?? '';
  const state = stateAt(finding, asOf);
  const distance = roughly(Math.abs(asOf - toMs(failsAt)));
  const when = state === 'overdue' ? `was due ${failsAt}, ${distance} ago` : `by ${failsAt}, in ${distance}`;
  const rating = finding.exploited ? `${finding.severity}, exploited` : finding.severity;
  const what = printable(`${finding.id} in ${finding.package} (${rating}): ${actionFor(finding, image)}`);
  return `  ${paint(state, state.padEnd(8))} ${what}\n           ${printable(`${when} (${finding.reason})`)}\n`;
}

/** How many findings that ask for nothing now are listed: a distribution's image may have thousands without a fix. */
const LISTED = 10;

function restText(rest: readonly Finding[], asOf: number, paint: Paint): string {
  const lines = rest.slice(0, LISTED).map((finding) => {
    const state = stateAt(finding, asOf);
    const what = printable(`${finding.id} in ${finding.package} (${finding.severity}): ${excuseOf(finding, asOf) ?? finding.reason}`);
    return `  ${paint(state, state.padEnd(8))} ${what}\n`;
  });
  const more = countStates(rest.slice(LISTED), asOf);
  const counts = (['excepted', 'ignored', 'reported'] as const).filter((state) => more[state] > 0);
  if (counts.length === 0) return lines.join('');
  const list = counts.map((state) => `${more[state]} more ${state}`).join(', ');
  return `${lines.join('')}  ${paint('reported', '…'.padEnd(8))} ${list}; --format json lists them\n`;
}
