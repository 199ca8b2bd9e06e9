import { DAY, type Preset } from './preset.js';

/**
 * CISA's Binding Operational Directive 26-04: deadlines by known exploitation (KEV), exposure, automation and impact.
 *
 * The figures were read in the directive. It leaves open what they are counted from: here the release of the fix, so that
 * a finding that becomes known as exploited never gets more time than it had.
 *
 * @see https://www.cisa.gov/directives
 */
export const bod2604: Preset = {
  name: 'bod26-04',
  title: 'CISA BOD 26-04',
  source: 'CISA, Binding Operational Directive 26-04, table of remediation timeframes',
  anchor: 'fixReleased',
  rows: [
    { when: { exploited: true, exposed: true, total: true }, deadline: 3 * DAY, note: 'with forensics' },
    { when: { exploited: true, automatable: true, total: true }, deadline: 3 * DAY, note: 'with forensics' },
    { when: { exploited: true, exposed: true, automatable: true }, deadline: 3 * DAY },
    { when: { exploited: true }, deadline: 14 * DAY },
    { when: { exposed: true, automatable: true, total: true }, deadline: 3 * DAY },
    { when: { exposed: true, automatable: true }, deadline: 14 * DAY },
    { when: { exposed: true, total: true }, deadline: 14 * DAY },
    { when: { exposed: true }, deadline: 60 * DAY },
    { when: { automatable: true }, deadline: 60 * DAY },
    { when: {}, note: 'fix on upgrade' },
  ],
  readings: [
    'Deadlines count from the release of the fix; the directive leaves it open.',
    'Exploited is what the Known Exploited Vulnerabilities catalogue lists, as Grype reports it.',
  ],
};
