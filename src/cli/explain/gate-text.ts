import type { Policy } from '../../policy/policy.js';
import type { GateExplained, GateRule } from './gate.js';

/** How long findings may stay, as a table for a person. */
export function gateText(policy: Policy, gate: GateExplained): string {
  const { preset, rules } = gate;
  return [
    `Policy ${policy.name}: how long a finding may stay`,
    ...(preset === null
      ? []
      : [`by ${preset.title}`, `  source: ${preset.source}`, ...preset.readings.map((reading) => `  reading: ${reading}`)]),
    '',
    ...table([['finding', 'deadline', 'from'], ...rules.map(rowOf)]),
    '',
    ...remarks(policy, gate).map((remark) => `- ${remark}`),
    '',
  ].join('\n');
}

function rowOf({ findings, deadline, note, from, replacedBy }: GateRule): readonly string[] {
  const replaced = replacedBy.length === 0 ? '' : `; ${replacedBy.join(', ')} go${replacedBy.length === 1 ? 'es' : ''} before it`;
  return [findings, `${deadline ?? 'none'}${note === null ? '' : ` (${note})`}`, `${from}${replaced}`];
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

const ANCHORS: Readonly<Record<string, string>> = {
  fixReleased: 'the release of the fix',
  detected: 'the first detection',
  published: 'the publication',
  kevAdded: 'the entry into the catalogue of exploited vulnerabilities, for others the release of the fix',
};

function remarks({ gate: { preset }, timeZone }: Policy, gate: GateExplained): readonly string[] {
  const exposed = preset?.rows.some(({ when }) => when.exposed === true) === true;
  const exposures = Object.entries(gate.exposures).map(([stage, exposure]) => `${stage} ${EXPOSURES[exposure]}`);
  return [
    preset === undefined
      ? 'The shortest deadline that applies counts.'
      : `The first row of ${preset.name} that applies counts, unless a field goes before it; of it and the policy's own, the shortest.`,
    `Deadlines count from ${ANCHORS[gate.anchor]} (${gate.anchor}${preset === undefined ? '' : `, by the ${gate.anchorFrom}`}).`,
    ...(gate.dueAt === 'instant' ? [] : [`They are extended to the end of the day in ${timeZone}.`]),
    gate.unknownSeverity === 'ignore' ? 'Unknown severities are ignored.' : `Unknown severities count as ${gate.unknownSeverity}.`,
    gate.onlyFixable ? 'Findings without a fix are reported only.' : 'Findings without a fix have deadlines too.',
    ...(exposed ? [`Exposure, by all stages that an image may go on to: ${exposures.join(', ')}.`] : []),
    END_OF_LIFE[gate.endOfLife] ?? '',
  ];
}

const EXPOSURES = { internet: 'internet', internal: 'internal', unknown: 'not known, which counts as internet' } as const;

const END_OF_LIFE: Readonly<Record<string, string>> = {
  warn: 'An image whose distribution has reached its end of life is warned of.',
  block: 'An image whose distribution has reached its end of life fails.',
  ignore: 'The end of life of distributions is ignored.',
};
