import { createHash } from 'node:crypto';
import { toInstant } from '../gate/instant.js';
import { stateAt } from '../gate/verdict.js';
import { parseReference } from '../lock/reference.js';
import { actionFor, excuseOf, type GatedImage, type GateResult, nameOf, stateWords } from './gate-result.js';
import { type Located, rulesOf } from './gate-sarif-rules.js';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const INFORMATION = 'https://www.npmjs.com/package/patchway';
const LEVELS = { overdue: 'error', due: 'warning', reported: 'note', excepted: 'none', ignored: 'none' } as const;

/**
 * The verdict as SARIF 2.1.0: one run, a rule per vulnerability, a result per finding and image; overdue is an error,
 * due a warning, reported a note. Excused findings are left out: GitHub, which reads no `suppressions`, would open an
 * alert for each.
 *
 * @see https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
 */
export function gateSarif(result: GateResult): string {
  const { policy, asOf, images } = result;
  const all = images.flatMap((image) =>
    image.verdict.findings.filter((finding) => excuseOf(finding, asOf) === undefined).map((finding) => ({ image, finding })),
  );
  const located = mostUrgent(all, asOf);
  const left = all.length - located.length;
  const rules = rulesOf(located);
  const indices = new Map(rules.map(({ id }, index) => [id, index]));
  const unknown = images.filter(({ verdict }) => verdict.verdict === 'unknown');
  const ended = policy.gate.endOfLife === 'block' ? images.filter(({ verdict }) => verdict.endOfLife !== undefined) : [];
  const run = {
    tool: { driver: { name: 'Patchway', informationUri: INFORMATION, rules } },
    invocations: [
      {
        executionSuccessful: true,
        endTimeUtc: toInstant(asOf),
        toolExecutionNotifications: [
          ...unknown.map((image) => notification('error', `${nameOf(image)} is unknown: ${image.verdict.reason}`)),
          ...ended.map((image) => notification('error', `${nameOf(image)} fails: ${image.verdict.reason}`)),
          ...result.warnings.map((warning) => notification('warning', warning)),
          ...(left === 0 ? [] : [notification('warning', `${left} less urgent findings are left out; --format json lists them`)]),
        ],
      },
    ],
    properties: { policy: policy.name, policyHash: policy.hash, allowed: images.every(({ verdict }) => verdict.allowed) },
    columnKind: 'utf16CodeUnits',
    results: located.map((each) => ({ ...resultOf(each, asOf), ruleIndex: indices.get(each.finding.id) ?? -1 })),
  };
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2)}\n`;
}

/** GitHub refuses a run of more than 25,000 results and keeps 5,000 of it, by severity and whatever their deadline. */
const MOST_RESULTS = 5_000;

/** What is overdue before what is due before what is reported, of whatever image. */
function mostUrgent(located: readonly Located[], asOf: number): readonly Located[] {
  if (located.length <= MOST_RESULTS) return located;
  const order = ['overdue', 'due', 'reported'].flatMap((state) => located.filter(({ finding }) => stateAt(finding, asOf) === state));
  return order.slice(0, MOST_RESULTS);
}

function notification(level: 'error' | 'warning', words: string) {
  return { level, message: { text: words } };
}

function resultOf({ image, finding }: Located, asOf: number) {
  const state = stateAt(finding, asOf);
  return {
    ruleId: finding.id,
    level: LEVELS[state],
    message: {
      text: plain(
        `${finding.package} in ${nameOf(image)}: ${actionFor(finding, image)}; ${stateWords(finding, asOf)} (${finding.reason}).`,
      ),
    },
    locations: [locationOf(image, finding)],
    partialFingerprints: { primaryLocationLineHash: `${fingerprintOf(image, finding)}:1` },
    properties: {
      state,
      package: finding.package,
      version: finding.version,
      severity: finding.severity,
      exploited: finding.exploited,
      fixedIn: finding.fixedIn,
      ...(finding.deadline === undefined ? {} : { deadline: finding.deadline }),
      ...(finding.failsAt === undefined ? {} : { failsAt: finding.failsAt }),
      scanners: finding.scanners,
    },
  };
}

/** Messages may hold placeholders and links in SARIF; a report's words may not. */
function plain(words: string): string {
  return words.replace(/[{}]/g, '$&$&').replace(/[[\]\\]/g, '\\$&');
}

/**
 * Where a finding is: no file of the source, so the image's repository takes its place. It stays the same from one tag
 * to the next, as GitHub wants of paths; the logical location has the image in full.
 */
function locationOf(image: GatedImage, finding: Located['finding']) {
  const name = nameOf(image);
  return {
    physicalLocation: {
      artifactLocation: { uri: pathOf(name) },
      region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 },
    },
    logicalLocations: [
      { name: finding.package, fullyQualifiedName: `${name} ${finding.package} ${finding.version}`.trim(), kind: 'package' },
    ],
  };
}

function pathOf(name: string): string {
  const repository = parseReference(name)?.repository ?? name;
  const segments = repository.replace(/\p{Cs}/gu, '\uFFFD').split('/');
  return segments
    .filter((segment) => segment !== '')
    .map(encodeURIComponent)
    .join('/');
}

/** The same for a finding in every build of an image: neither tag, nor digest, nor installed version is part of it. */
function fingerprintOf(image: GatedImage, { id, package: name }: Located['finding']): string {
  return createHash('sha256')
    .update(`${pathOf(nameOf(image))}\n${id}\n${name}`)
    .digest('hex')
    .slice(0, 32);
}
