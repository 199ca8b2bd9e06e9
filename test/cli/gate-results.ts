import { gateJunit } from '../../src/cli/gate-junit.js';
import { gateMarkdown } from '../../src/cli/gate-markdown.js';
import { type GatedImage, type GateResult, imagesByUrgency } from '../../src/cli/gate-result.js';
import { gateSarif } from '../../src/cli/gate-sarif.js';
import { gateText } from '../../src/cli/gate-text.js';
import type { JudgedFinding } from '../../src/gate/finding.js';
import type { ImageVerdict } from '../../src/gate/verdict.js';
import { definePolicy } from '../../src/policy/define.js';
import { judged } from '../gate/support.js';

export const AS_OF = Date.parse('2026-11-21T09:00:00Z');
export const PAST = '2026-11-01T00:00:00Z';
export const FUTURE = '2026-12-01T00:00:00Z';

export const policy = definePolicy({
  name: 'storefront',
  scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] },
  gate: { deadlines: { critical: '7d', high: '14d', medium: '90d', low: '180d' } },
  stages: [{ name: 'staging', namespace: 'storefront-staging' }],
});

export const overdue = (changes: Partial<JudgedFinding> = {}) => judged({ deadline: PAST, failsAt: PAST, ...changes });
export const due = (changes: Partial<JudgedFinding> = {}) => judged({ id: 'CVE-2026-0002', deadline: FUTURE, failsAt: FUTURE, ...changes });
export const reported = (changes: Partial<JudgedFinding> = {}) =>
  judged({ id: 'CVE-2026-0003', fixedIn: [], reason: 'no fix yet: reported only', ...changes });
export const excepted = (changes: Partial<JudgedFinding> = {}) =>
  overdue({
    id: 'CVE-2026-0004',
    failsAt: FUTURE,
    excepted: { reason: 'not reachable', approvedBy: 'sec@acme.example', expires: FUTURE, source: 'policy' },
    ...changes,
  });
export const ignored = (changes: Partial<JudgedFinding> = {}) =>
  overdue({ id: 'CVE-2026-0005', ignored: { status: 'not_affected', reason: 'code not present', source: 'acme.vex.json' }, ...changes });

/** An image whose verdict follows from its findings, unless another is given. */
export function image(name: string, findings: readonly JudgedFinding[], changes: Partial<ImageVerdict> = {}): GatedImage {
  const counts = findings.filter(({ failsAt, excepted, ignored }) => failsAt === PAST && excepted === undefined && ignored === undefined);
  const fails = counts.length > 0;
  const closesAt = findings.find(({ failsAt, ignored }) => failsAt !== undefined && ignored === undefined)?.failsAt;
  return {
    image: name,
    digests: [],
    reports: [],
    verdict: {
      verdict: fails ? 'fail' : 'pass',
      allowed: !fails,
      reason: fails ? `${counts.length} overdue` : 'nothing is overdue',
      findings,
      ...(closesAt === undefined ? {} : { gateClosesAt: closesAt }),
      ...changes,
    },
  };
}

export function resultOf(images: readonly GatedImage[], warnings: readonly string[] = []): GateResult {
  return { policy, asOf: AS_OF, images: imagesByUrgency(images), warnings };
}

/** Every format that others parse or render, by its name. */
export const FORMATS: Readonly<Record<string, (result: GateResult) => string>> = {
  text: (result) => gateText(result, false),
  sarif: gateSarif,
  junit: gateJunit,
  markdown: gateMarkdown,
};

/** What a hostile report may put into any text. */
export const EVIL = 'x\u0000\u001b[2J\n|<script>alert("1")</script>]]>&amp;`*@everyone#1 [a](https://evil.example)\ud800{0}\ufffe\u202e';
