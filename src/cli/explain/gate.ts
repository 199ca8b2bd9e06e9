import { formatDuration } from '../../policy/duration.js';
import { type Milliseconds, type Policy, type PresetConditions, type PresetRow, SEVERITIES } from '../../policy/policy.js';
import { presetOf } from '../../policy/presets.js';
import { gateOf } from '../../policy/stage-gate.js';

/** One rule of a gate. The shortest of those that a finding meets counts; of a preset's, the first that it meets. */
export interface GateRule {
  /** Which findings it is for, in words. */
  readonly findings: string;
  readonly deadlineMs: Milliseconds | null;
  /** The deadline as people write it. */
  readonly deadline: string | null;
  readonly note: string | null;
  /** The preset, or the field of the policy. */
  readonly from: string;
  /** Fields of the policy that go before it, for all findings or for those they name. */
  readonly replacedBy: readonly string[];
}

/** Everything by which a policy gives findings their deadlines. */
export interface GateExplained {
  readonly preset: { readonly name: string; readonly title: string; readonly source: string; readonly readings: readonly string[] } | null;
  readonly anchor: string;
  readonly anchorFrom: 'preset' | 'policy';
  readonly rules: readonly GateRule[];
  /** How exposed images in each stage count, by all stages that they may go on to; `unknown` counts as `internet`. */
  readonly exposures: Readonly<Record<string, 'internet' | 'internal' | 'unknown'>>;
  readonly onlyFixable: boolean;
  readonly unknownSeverity: string;
  readonly dueAt: 'instant' | 'endOfDay';
  readonly endOfLife: string;
}

export function explainGate(policy: Policy): GateExplained {
  const { gate, stages } = policy;
  const preset = gate.preset === undefined ? undefined : presetOf(gate.preset.name);
  return {
    preset: preset === undefined ? null : { name: preset.name, title: preset.title, source: preset.source, readings: preset.readings },
    anchor: gate.anchor,
    anchorFrom: preset?.anchor === gate.anchor ? 'preset' : 'policy',
    rules: [...ownRules(policy), ...(gate.preset?.rows ?? []).map((row) => presetRule(policy, row))],
    exposures: Object.fromEntries(stages.map(({ name }) => [name, gateOf(policy, name).exposure ?? 'unknown'])),
    onlyFixable: gate.onlyFixable,
    unknownSeverity: gate.unknownSeverity,
    dueAt: gate.endOfDayIn === undefined ? 'instant' : 'endOfDay',
    endOfLife: gate.endOfLife,
  };
}

function ownRules({ gate: { exploited, epss, deadlines } }: Policy): readonly GateRule[] {
  const own = (findings: string, deadline: Milliseconds | undefined, from: string): readonly GateRule[] =>
    deadline === undefined
      ? []
      : [{ findings, deadlineMs: deadline, deadline: formatDuration(deadline), note: null, from: `gate.${from}`, replacedBy: [] }];
  return [
    ...own('exploited', exploited?.deadline, 'exploited.deadline'),
    ...own(`EPSS above ${epss?.above}`, epss?.deadline, 'epss'),
    ...SEVERITIES.flatMap((severity) => own(severity, deadlines[severity], `deadlines.${severity}`)),
  ];
}

function presetRule({ gate }: Policy, { when, deadline, note }: PresetRow): GateRule {
  const severities = SEVERITIES.filter((severity) => when.severity === undefined || when.severity === severity);
  const given = severities.filter((severity) => gate.deadlines[severity] !== undefined);
  const byExploitation = gate.exploited?.deadline === undefined ? [] : ['gate.exploited.deadline'];
  return {
    findings: wordsOf(when),
    deadlineMs: deadline ?? null,
    deadline: deadline === undefined ? null : formatDuration(deadline),
    note: note ?? null,
    from: gate.preset?.name ?? '',
    replacedBy: when.exploited === true ? byExploitation : given.map((severity) => `gate.deadlines.${severity}`),
  };
}

function wordsOf({ severity, cvss, exploited, exposed, automatable, total, exploitable }: PresetConditions): string {
  const words = [
    severity,
    cvss === undefined ? undefined : `CVSS ${cvss} and above`,
    exploited && 'exploited',
    exposed && 'exposed',
    automatable && 'automatable',
    total && 'total impact',
    exploitable && 'likely exploitable',
  ].filter((word) => word !== undefined);
  return words.length === 0 ? 'every other' : words.join(', ');
}
