import { DAY, type Preset } from './preset.js';

/**
 * PCI DSS 4.0.1, requirement 6.3.3: critical vulnerabilities are fixed within one month of the release of the fix.
 *
 * From third-party pages, which disagree: version 4.0 said critical or high. A month is counted as 30 days; other
 * severities have no deadline of their own there.
 *
 * @see https://www.pcisecuritystandards.org/document_library/
 */
export const pci401: Preset = {
  name: 'pci-4.0.1',
  title: 'PCI DSS 4.0.1, 6.3.3',
  source: 'PCI DSS 4.0.1, requirement 6.3.3, as third-party pages give it (they disagree: 4.0 said critical or high)',
  anchor: 'fixReleased',
  rows: [
    { when: { severity: 'critical' }, deadline: 30 * DAY },
    { when: {}, note: 'no deadline of its own in 6.3.3' },
  ],
  readings: ['One month is counted as 30 days.'],
};
