import { DAY, type Preset } from './preset.js';

/**
 * UK Cyber Essentials: fixes for vulnerabilities of CVSS 7 and above are installed within 14 days of their release.
 *
 * From third-party pages.
 *
 * @see https://www.ncsc.gov.uk/cyberessentials
 */
export const cyberEssentials: Preset = {
  name: 'cyber-essentials',
  title: 'UK Cyber Essentials',
  source: 'UK NCSC, Cyber Essentials: Requirements for IT infrastructure, as third-party pages give it',
  anchor: 'fixReleased',
  rows: [
    { when: { cvss: 7 }, deadline: 14 * DAY },
    { when: {}, note: 'no deadline below CVSS 7' },
  ],
  readings: ['Where no CVSS score is known, a severity of high or above counts as 7.'],
};
