import { toInstant } from '../gate/instant.js';
import { stateAt } from '../gate/verdict.js';
import { actionFor, askedOf, excuseOf, type GatedImage, type GateResult, nameOf, stateWords } from './gate-result.js';

type Finding = GatedImage['verdict']['findings'][number];

/**
 * The verdict as JUnit XML: a suite per image, in it a case for the verdict itself and one per finding. An overdue
 * finding is a failure, an unknown verdict that closes the gate an error; what is excused, and an unknown verdict that
 * the policy lets through, are skipped with the reason. Names stay the same from run to run.
 *
 * @see https://github.com/testmoapp/junitxml for what the many readers of this format have in common
 */
export function gateJunit({ policy, asOf, images }: GateResult): string {
  const suites = images.map((image) => suiteOf(image, asOf));
  const attributes = `name="${xml(`patchway ${policy.name}`)}" ${totals(suites.flatMap(({ cases }) => cases))}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes}>\n${suites.map((suite) => suiteXml(suite, asOf)).join('')}</testsuites>\n`;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  readonly outcome?: { readonly kind: 'failure' | 'error' | 'skipped'; readonly message: string; readonly details?: string };
  /** For a case that passes. */
  readonly output?: string;
}

function suiteOf(image: GatedImage, asOf: number): Suite {
  const cases = image.verdict.findings.map((finding) => findingCase(finding, image, asOf));
  return { name: nameOf(image), cases: [verdictCase(image, cases), ...distinct(cases)] };
}

/** So that an image without findings has a case, and a verdict that no single finding explains has its failure. */
function verdictCase(image: GatedImage, findings: readonly Case[]): Case {
  const { verdict } = image;
  const { allowed } = verdict;
  const asked = askedOf(image);
  const reason = asked === undefined ? verdict.reason : `${verdict.reason}. ${asked}`;
  const name = 'verdict';
  if (verdict.verdict === 'unknown') return { name, outcome: { kind: allowed ? 'skipped' : 'error', message: reason } };
  const explained = allowed || findings.some(({ outcome }) => outcome?.kind === 'failure');
  return explained ? { name, output: reason } : { name, outcome: { kind: 'failure', message: reason } };
}

function findingCase(finding: Finding, image: GatedImage, asOf: number): Case {
  const name = `${finding.id} in ${finding.package}`;
  const excuse = excuseOf(finding, asOf);
  if (excuse !== undefined) return { name, outcome: { kind: 'skipped', message: excuse } };
  const rating = finding.exploited ? `${finding.severity}, exploited` : finding.severity;
  const what = `${stateWords(finding, asOf)} (${rating}): ${actionFor(finding, image)}`;
  if (stateAt(finding, asOf) !== 'overdue') return { name, output: `${what}\n${finding.reason}` };
  return { name, outcome: { kind: 'failure', message: what, details: finding.reason } };
}

/** Readers take two cases of one name for one: a package in two versions becomes two names. */
function distinct(cases: readonly Case[]): readonly Case[] {
  const seen = new Map<string, number>();
  return cases.map((each) => {
    const count = (seen.get(each.name) ?? 0) + 1;
    seen.set(each.name, count);
    return count === 1 ? each : { ...each, name: `${each.name} (${count})` };
  });
}

function totals(cases: readonly Case[]): string {
  const count = (kind: string) => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  return `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
}

function suiteXml({ name, cases }: Suite, asOf: number): string {
  // Readers know no offset in this attribute: it is UTC.
  const timestamp = toInstant(asOf).replace(/(\.\d+)?Z$/, '');
  const body = cases.map((each) => caseXml(each, name)).join('');
  return `  <testsuite name="${xml(name)}" ${totals(cases)} timestamp="${timestamp}">\n${body}  </testsuite>\n`;
}

function caseXml({ name, outcome, output }: Case, suite: string): string {
  const start = `    <testcase classname="${xml(suite)}" name="${xml(name)}"`;
  if (outcome !== undefined) return `${start}>\n      ${outcomeXml(outcome)}\n    </testcase>\n`;
  return `${start}>\n      <system-out>${xml(output ?? '')}</system-out>\n    </testcase>\n`;
}

function outcomeXml({ kind, message, details }: NonNullable<Case['outcome']>): string {
  const type = kind === 'error' ? 'unknown' : details === undefined ? 'fail' : 'overdue';
  const attributes = `message="${xml(message)}"${kind === 'skipped' ? '' : ` type="${type}"`}`;
  return details === undefined ? `<${kind} ${attributes}/>` : `<${kind} ${attributes}>${xml(details)}</${kind}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Escapes text for elements and attributes. XML 1.0 has no way to write some characters at all: they become `?`. */
function xml(text: string): string {
  return text.replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?').replace(/[&<>"'\t\n\r]/g, escaped);
}

/** Line breaks in attributes would be read as spaces. */
function escaped(character: string): string {
  return ENTITIES[character] ?? `&#${character.codePointAt(0)};`;
}
