import type { PresetName, PresetRow, Severity } from '../policy.js';
import { DAY, HOUR, type Preset } from './preset.js';

/**
 * FedRAMP's Vulnerability Detection and Response standard, timeframes VDR-TFR-PVR (SHOULD), by certification class.
 *
 * The figures were read in the standard: for each level of potential impact (N5 to N2) those for a vulnerability that is
 * likely exploitable and reachable from the internet, likely exploitable only, and not likely exploitable. Levels come from
 * an assessment of the impact on agencies, which no scanner makes: severities stand for them, critical for N5 to low for
 * N2, and N1 has no figure. Past 192 days a vulnerability must be marked as accepted (VER-TFR-MAV): with an exception.
 *
 * @see https://www.fedramp.gov/docs/
 */
export const fedrampVdr: readonly Preset[] = [
  preset('fedramp-vdr-a', 'A', [
    ['N5', 'critical', 4 * DAY, 8 * DAY, 32 * DAY],
    ['N4', 'high', 8 * DAY, 32 * DAY, 64 * DAY],
    ['N3', 'medium', 32 * DAY, 64 * DAY, 192 * DAY],
    ['N2', 'low', 96 * DAY, 160 * DAY, 192 * DAY],
  ]),
  preset('fedramp-vdr-b', 'B', [
    ['N5', 'critical', 4 * DAY, 8 * DAY, 32 * DAY],
    ['N4', 'high', 8 * DAY, 32 * DAY, 64 * DAY],
    ['N3', 'medium', 32 * DAY, 64 * DAY, 192 * DAY],
    ['N2', 'low', 96 * DAY, 160 * DAY, 192 * DAY],
  ]),
  preset('fedramp-vdr-c', 'C', [
    ['N5', 'critical', 2 * DAY, 4 * DAY, 16 * DAY],
    ['N4', 'high', 4 * DAY, 8 * DAY, 64 * DAY],
    ['N3', 'medium', 16 * DAY, 32 * DAY, 128 * DAY],
    ['N2', 'low', 48 * DAY, 128 * DAY, 192 * DAY],
  ]),
  preset('fedramp-vdr-d', 'D', [
    ['N5', 'critical', 12 * HOUR, 1 * DAY, 8 * DAY],
    ['N4', 'high', 2 * DAY, 8 * DAY, 32 * DAY],
    ['N3', 'medium', 8 * DAY, 16 * DAY, 64 * DAY],
    ['N2', 'low', 24 * DAY, 96 * DAY, 192 * DAY],
  ]),
];

type Figures = readonly [level: string, severity: Severity, reachable: number, exploitable: number, unlikely: number];

function preset(name: PresetName, certified: string, figures: readonly Figures[]): Preset {
  return {
    name,
    title: `FedRAMP VDR, class ${certified}`,
    source: 'FedRAMP, Vulnerability Detection and Response, VDR-TFR-PVR (SHOULD)',
    anchor: 'detected',
    rows: figures.flatMap(([level, severity, reachable, exploitable, unlikely]): readonly PresetRow[] => [
      { when: { severity, exposed: true, exploitable: true }, deadline: reachable, note: level },
      { when: { severity, exploitable: true }, deadline: exploitable, note: level },
      { when: { severity }, deadline: unlikely, note: level },
    ]),
    readings: [
      'Levels N5 to N2 of potential impact are read as critical to low; N1 has no figure.',
      'Likely exploitable is what is known to be exploited or has a proof of concept, or needs no more than network access and low complexity by its CVSS vector.',
      'Deadlines count from detection.',
      'Past 192 days a vulnerability must be marked as accepted (VER-TFR-MAV): write an exception.',
    ],
  };
}
