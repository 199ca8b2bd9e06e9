import { DAY, type Preset } from './preset.js';

/**
 * FedRAMP's older rule for Rev. 5 authorisations: 30, 90 and 180 days from detection for high, moderate and low.
 *
 * The figures are from third-party pages, not from FedRAMP's own text. Critical counts as high, the rule's highest level.
 *
 * @see https://www.fedramp.gov/docs/
 */
export const fedrampRev5: Preset = {
  name: 'fedramp-rev5',
  title: 'FedRAMP Rev. 5',
  source: 'FedRAMP continuous monitoring for Rev. 5, as third-party pages give it',
  anchor: 'detected',
  rows: [
    { when: { severity: 'critical' }, deadline: 30 * DAY },
    { when: { severity: 'high' }, deadline: 30 * DAY },
    { when: { severity: 'medium' }, deadline: 90 * DAY },
    { when: { severity: 'low' }, deadline: 180 * DAY },
  ],
  readings: ['Critical counts as high, and medium as moderate.'],
};
