import { formatDuration } from '../duration.js';
import { type PresetRow, SEVERITIES } from '../policy.js';
import { type Check, error, warning } from './check.js';

/** Without a deadline a severity is reported and never fails. */
export const deadlinesAreGiven: Check = ({ document: { gate }, intact }) => {
  if (!intact('gate.deadlines') || !intact('gate.preset') || gate.preset !== undefined) return [];
  const missing = SEVERITIES.filter((severity) => gate.deadlines[severity] === undefined);
  if (missing.length === 0) return [];
  if (missing.length === SEVERITIES.length) {
    const hint = "Write deadlines: { critical: '3d', high: '7d', medium: '30d', low: '90d' }, or name a framework: preset: 'bod26-04'.";
    return [error('gate.deadlines', 'No severity has a deadline, so that nothing would ever fail.', hint)];
  }
  const without = `Findings of severity ${missing.join(', ')} have no deadline: they are reported and never close the gate.`;
  return [warning('gate.deadlines', without, "Write one for each, such as low: '180d'.")];
};

/** The more severe a finding, the sooner it should be fixed. */
export const deadlinesFollowSeverity: Check = ({ document: { gate } }) => {
  const given = SEVERITIES.flatMap((severity) => {
    const deadline = gate.deadlines[severity];
    return deadline === undefined ? [] : [{ severity, deadline }];
  });
  return given.flatMap(({ severity, deadline }, i) => {
    const worse = given.slice(0, i).find((other) => other.deadline > deadline);
    if (worse === undefined) return [];
    const message = `${formatDuration(deadline)} is shorter than the ${formatDuration(worse.deadline)} of ${worse.severity} findings.`;
    return [warning(`gate.deadlines.${severity}`, message, 'Usually the more severe are fixed sooner.')];
  });
};

/** A field that goes before a preset may give findings more time than the framework does: that should be meant. */
export const presetIsKept: Check = ({ document: { gate } }) => {
  const { preset, exploited, deadlines } = gate;
  if (preset === undefined) return [];
  const shortest = (rows: readonly PresetRow[]) => Math.min(...rows.flatMap(({ deadline }) => deadline ?? []));
  const looser = (path: string, given: number | undefined, rows: readonly PresetRow[]) => {
    const figure = shortest(rows);
    if (given === undefined || given <= figure || figure === Number.POSITIVE_INFINITY) return [];
    const message = `${formatDuration(given)} is longer than the ${formatDuration(figure)} that ${preset.name} allows such findings at worst.`;
    return [warning(path, message, 'The policy goes before the preset: leave the field out to keep to the framework.')];
  };
  const common = preset.rows.filter(({ when }) => when.exploited === undefined);
  return [
    ...SEVERITIES.flatMap((severity) =>
      looser(
        `gate.deadlines.${severity}`,
        deadlines[severity],
        common.filter(({ when }) => when.severity === undefined || when.severity === severity),
      ),
    ),
    ...looser(
      'gate.exploited.deadline',
      exploited?.deadline,
      preset.rows.filter(({ when }) => when.exploited === true),
    ),
  ];
};
