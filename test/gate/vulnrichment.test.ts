import { describe, expect, it } from 'vitest';
import { mergeVulnrichment, readVulnrichment } from '../../src/gate/vulnrichment.js';

const options = (...written: readonly object[]) => ({
  other: { type: 'ssvc', content: { id: 'CVE-2026-1', options: written, version: '2.0.3' } },
});
const record = (...metrics: readonly object[]) => ({
  dataType: 'CVE_RECORD',
  cveMetadata: { cveId: 'CVE-2026-1', state: 'PUBLISHED' },
  containers: { cna: {}, adp: [{ title: 'CVE Program Container' }, { title: 'CISA ADP Vulnrichment', metrics }] },
});
const read = (value: unknown) => Object.fromEntries(readVulnrichment(JSON.stringify(value), 'vulnrichment.json'));

describe('readVulnrichment', () => {
  const all = options({ Exploitation: 'poc' }, { Automatable: 'yes' }, { 'Technical Impact': 'partial' });

  it('reads the decision points of a record, beside other metrics', () => {
    const kev = { other: { type: 'kev', content: { dateAdded: '2026-01-01' } } };
    const cvss = { cvssV3_1: { vectorString: 'CVSS:3.1/AV:N' } };
    expect(read(record(kev, cvss, all))).toEqual({ 'CVE-2026-1': { exploitation: 'poc', automatable: true, total: false } });
  });

  it('reads a list of records, and those that say nothing', () => {
    const other = { ...record(options({ Automatable: 'no' })), cveMetadata: { cveId: 'CVE-2026-2' } };
    expect(read([record(all), other, { cveMetadata: { cveId: 'CVE-2026-3' } }, record()])).toEqual({
      'CVE-2026-1': { exploitation: 'poc', automatable: true, total: false },
      'CVE-2026-2': { automatable: false },
    });
  });

  it('takes the worst of what records say about one vulnerability, in whatever order', () => {
    const one = record(options({ Exploitation: 'active' }, { Automatable: 'no' }));
    const other = record(options({ Exploitation: 'none' }, { Automatable: 'yes' }, { 'Technical Impact': 'total' }));
    const worst = { 'CVE-2026-1': { exploitation: 'active', automatable: true, total: true } };
    expect(read([one, other])).toEqual(worst);
    expect(read([other, one])).toEqual(worst);
    const files = [one, other].map((value) => readVulnrichment(JSON.stringify(value), 'f'));
    expect(Object.fromEntries(mergeVulnrichment(files))).toEqual(worst);
  });

  it.each<[string, string, RegExp]>([
    ['nothing', '', /v\.json.*not whole JSON.*vulnrichment/s],
    ['half a record', JSON.stringify(record(all)).slice(0, 90), /not whole JSON/],
    ['a list of texts', '["CVE-2026-1"]', /\$\[0\].*a CVE record/s],
    ['a report of a scanner', '{"SchemaVersion": 2}', /a CVE record with cveMetadata/],
    ['a record without an id', '{"cveMetadata": {}}', /cveMetadata\.cveId/],
    [
      'a decision that does not exist',
      JSON.stringify(record(options({ Automatable: 'maybe' }))),
      /options\[0\]\.Automatable.*one of yes, no/s,
    ],
  ])('refuses %s', (_, json, message) => {
    expect(() => readVulnrichment(json, 'v.json')).toThrow(message);
  });
});
