import type { GatePolicy, PresetConditions } from '../policy/policy.js';
import { type CvssFactors, factorsOf } from './cvss.js';
import type { Finding } from './finding.js';
import { rank } from './severity.js';
import type { Ssvc, Vulnrichment } from './vulnrichment.js';

/** What is known of a vulnerability beyond its severity; equal keys mean equal facts. */
export interface Facts {
  readonly key: string;
  readonly cvss: CvssFactors;
  readonly ssvc: Ssvc;
}

const NO_FACTS: Facts = { key: '', cvss: {}, ssvc: {} };

/** Gathers the facts about findings, where a preset asks for them. Large reports repeat the same few vectors. */
export function factReader(gate: GatePolicy, vulnrichment: Vulnrichment | undefined): (finding: Finding) => Facts {
  if (gate.preset === undefined) return () => NO_FACTS;
  const known = new Map<string, Facts>();
  return (finding) => {
    const ssvc = vulnrichment === undefined ? {} : (named(finding, vulnrichment) ?? {});
    const vectors = finding.cvss ?? [];
    const key = `${vectors.map(({ vector, score }) => `${vector} ${score}`).join()} ${ssvc.exploitation} ${ssvc.automatable} ${ssvc.total}`;
    const facts = known.get(key) ?? { key, cvss: factorsOf(vectors), ssvc };
    known.set(key, facts);
    return facts;
  };
}

function named({ id, aliases }: Finding, vulnrichment: Vulnrichment): Ssvc | undefined {
  const name = [id, ...aliases].find((candidate) => vulnrichment.has(candidate));
  return name === undefined ? undefined : vulnrichment.get(name);
}

/** Whether something is so of a finding, in words that say how that is known. */
interface Circumstance {
  readonly holds: boolean;
  readonly words: string;
}

/** What a preset's rows ask of a finding. Where nothing is known, what is strictest is assumed, and the words say so. */
export interface Circumstances {
  /** Whether all of a row's conditions hold. */
  meet(conditions: PresetConditions): boolean;
  /** The answers to all that the rows ask, for a person. */
  readonly words: string;
}

type Asked = keyof PresetConditions;

export function circumstancesOf(gate: GatePolicy, finding: Finding, { cvss, ssvc }: Facts): Circumstances {
  const severity = finding.severity === 'unknown' ? gate.unknownSeverity : finding.severity;
  const score = cvss.score;
  const known: Readonly<Record<Exclude<Asked, 'severity' | 'cvss'>, Circumstance>> = {
    exploited: { holds: finding.exploited, words: finding.exploited ? 'exploited' : 'not exploited' },
    exposed: answer(['exposed', 'not exposed'], [isExposed(gate), 'by the policy']),
    automatable: answer(['automatable', 'not automatable'], [ssvc.automatable, VULNRICHMENT], [cvss.automatable, DERIVED]),
    total: answer(['total impact', 'partial impact'], [ssvc.total, VULNRICHMENT], [cvss.total, DERIVED]),
    exploitable: answer(
      ['likely exploitable', 'not likely exploitable'],
      [finding.exploited || undefined, 'known to be exploited'],
      [(ssvc.exploitation ?? 'none') !== 'none' || undefined, VULNRICHMENT],
      [cvss.reachable, DERIVED],
    ),
  };
  const severe = severity !== 'ignore' && rank(severity) <= rank('high');
  const asked = new Set((gate.preset?.rows ?? []).flatMap(({ when }) => Object.keys(when)));
  const words = Object.entries(known).flatMap(([name, circumstance]) => (asked.has(name) ? [circumstance.words] : []));
  const rating = finding.severity === 'unknown' ? unknownRating(gate) : finding.severity;
  const scored = score === undefined ? `CVSS unknown, ${rating}` : `CVSS ${score}`;
  return {
    words: [...(asked.has('severity') ? [rating] : []), ...(asked.has('cvss') ? [scored] : []), ...words].join(', '),
    meet: ({ severity: wanted, cvss: least, ...flags }) =>
      (wanted === undefined || wanted === severity) &&
      (least === undefined || (score === undefined ? severe : score >= least)) &&
      Object.entries(known).every(([name, { holds }]) => holds || !Object.hasOwn(flags, name)),
  };
}

/** What a finding of unknown severity is called. */
export function unknownRating({ unknownSeverity }: GatePolicy): string {
  return unknownSeverity === 'ignore' ? 'unknown severity' : `unknown severity, treated as ${unknownSeverity}`;
}

const DERIVED = 'derived from CVSS';
const VULNRICHMENT = 'by Vulnrichment';

function isExposed({ exposure }: GatePolicy): boolean | undefined {
  return exposure === undefined ? undefined : exposure === 'internet';
}

/** The first source that knows. */
function answer(
  [yes, no]: readonly [yes: string, no: string],
  ...sources: readonly (readonly [value: boolean | undefined, how: string])[]
): Circumstance {
  for (const [value, how] of sources) {
    if (value !== undefined) return { holds: value, words: `${value ? yes : no} (${how})` };
  }
  return { holds: true, words: `${yes} (assumed, nothing is known)` };
}
