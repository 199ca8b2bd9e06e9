import { formatDuration } from '../duration.js';
import { SEVERITIES } from '../policy.js';
import { type Check, error, warning } from './check.js';

/** Without a deadline a severity is reported and never fails. */
export const deadlinesAreGiven: Check = ({ document: { gate }, intact }) => {
  if (!intact('gate.deadlines')) return [];
  const missing = SEVERITIES.filter((severity) => gate.deadlines[severity] === undefined);
  if (missing.length === 0) return [];
  if (missing.length === SEVERITIES.length) {
    return [error('gate.deadlines', 'No severity has a deadline, so that nothing would ever fail.', "Write one at least: critical: '3d'.")];
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
