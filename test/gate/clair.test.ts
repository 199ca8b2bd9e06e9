import { describe, expect, it } from 'vitest';
import { readReport } from '../../src/gate/read-report.js';

const CVSS =
  'message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema';
const KEV = 'message/vnd.clair.map.vulnerability; enricher=clair.kev schema=none';
const EPSS = 'message/vnd.clair.map.vulnerability; enricher=clair.epss schema=none';

const report = (vulnerability: object, rest: object = {}, affected: object = {}) => ({
  manifest_hash: `sha256:${'a'.repeat(64)}`,
  packages: { 1: { id: '1', name: 'zlib', version: '1', kind: 'binary', source: { name: '' }, ...affected } },
  vulnerabilities: { 7: { id: '7', name: 'CVE-2026-0001', normalized_severity: 'High', ...vulnerability } },
  package_vulnerabilities: { 1: ['7'] },
  ...rest,
});
const read = (document: unknown) => readReport(JSON.stringify(document), 'report.json');
const finding = (...parts: Parameters<typeof report>) => read(report(...parts)).findings[0];

describe('a report of Clair', () => {
  it.each<[string, object]>([
    ['no packages', { packages: {}, vulnerabilities: {}, package_vulnerabilities: {} }],
    ['null everywhere', { packages: null, vulnerabilities: null, package_vulnerabilities: null, enrichments: null }],
    ['a package without vulnerabilities', { package_vulnerabilities: { 1: null } }],
  ])('with %s has no findings', (_, rest) => {
    expect(read(report({}, rest)).findings).toEqual([]);
  });

  it.each<[string, string, readonly [string, readonly string[]][]]>([
    ['CVE-2026-0001', 'https://example.org/CVE-2026-9999', [['CVE-2026-0001', []]]],
    ['CVE-2016-1585 on Ubuntu 22.04 LTS (jammy) - medium', '', [['CVE-2016-1585', []]]],
    ['GHSA-1', 'https://example.org/CVE-2026-9999 https://osv.dev/vulnerability/CVE-2026-0002', [['CVE-2026-0002', ['GHSA-1']]]],
    [
      'GO-2026-1',
      'https://osv.dev/vulnerability/CVE-2026-0002 https://osv.dev/vulnerability/GHSA-1',
      [['CVE-2026-0002', ['GHSA-1', 'GO-2026-1']]],
    ],
    [
      'ELSA-2026-1: zlib security update (IMPORTANT)',
      'https://linux.oracle.com/cve/CVE-2026-0002.html https://linux.oracle.com/cve/CVE-2026-0003.html',
      [
        ['CVE-2026-0002', ['ELSA-2026-1']],
        ['CVE-2026-0003', ['ELSA-2026-1']],
      ],
    ],
    ['RHSA-2026:1', '', [['RHSA-2026:1', []]]],
  ])('calls %s with the links "%s" by its CVEs', (name, links, expected) => {
    expect(read(report({ name, links })).findings.map(({ id, aliases }) => [id, aliases])).toEqual(expected);
  });

  it.each([
    ['', []],
    ['1.2.3-r1', ['1.2.3-r1']],
    ['fixed=1.2.3&introduced=0', ['1.2.3']],
    ['introduced=0&lastAffected=1.2.3', []],
  ])('the fix "%s" is %j', (written, fixedIn) => {
    expect(finding({ fixed_in_version: written })?.fixedIn).toEqual(fixedIn);
  });

  it.each([
    ['Unknown', 'unknown'],
    ['Negligible', 'low'],
    ['Critical', 'critical'],
    [undefined, 'unknown'],
  ])('severity %s is %s', (written, severity) => {
    expect(finding({ normalized_severity: written })?.severity).toBe(severity);
  });

  it('takes the severity of its enrichment where its own is unknown', () => {
    const enrichments = { [CVSS]: [{ 7: [{ version: '3.1', baseScore: 9.8, baseSeverity: 'CRITICAL' }], 8: [{ baseSeverity: 'LOW' }] }] };
    expect(finding({ normalized_severity: 'Unknown' }, { enrichments })?.severity).toBe('critical');
    expect(finding({ normalized_severity: 'Low' }, { enrichments })?.severity).toBe('low');
  });

  it('takes exploitation and EPSS from enrichments, only where they are about this CVE', () => {
    const enrichments = {
      [KEV]: [{ 7: [{ cve: 'CVE-2026-0002', date_added: '2026-05-01' }] }],
      [EPSS]: [{ 7: [{ cve: 'CVE-2026-0002', epss: 0.5 }] }],
    };
    const links = 'https://osv.dev/vulnerability/CVE-2026-0002 https://osv.dev/vulnerability/CVE-2026-0003';
    expect(read(report({ name: 'GHSA-1', links }, { enrichments })).findings).toMatchObject([
      { id: 'CVE-2026-0002', exploited: true, kevAddedAt: '2026-05-01T00:00:00Z', epss: 0.5 },
      { id: 'CVE-2026-0003', exploited: false },
    ]);
    expect(read(report({ name: 'GHSA-1', links }, { enrichments })).findings[1]?.epss).toBeUndefined();
  });

  it('names the packages of PyPI as the others do, and dates publication', () => {
    const pypi = { repository: { name: 'pypi' }, issued: '2026-01-02T00:00:00Z' };
    expect(finding(pypi, {}, { name: 'zope.interface' })).toMatchObject({ package: 'zope-interface', publishedAt: '2026-01-02T00:00:00Z' });
    expect(finding({ issued: '0001-01-01T00:00:00Z' }, {}, { name: 'zope.interface' })).toMatchObject({ package: 'zope.interface' });
    expect(finding({ issued: '0001-01-01T00:00:00Z' })?.publishedAt).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['a vulnerability that it does not hold', { vulnerabilities: {} }, '$.package_vulnerabilities.1[0]: '],
    ['a package that it does not hold', { packages: {} }, '$.package_vulnerabilities.1: '],
    [
      'ids of another shape',
      { package_vulnerabilities: { 1: 'x' } },
      '$.package_vulnerabilities.1: is not what was expected there (expected a list',
    ],
    ['enrichments of another shape', { enrichments: { [CVSS]: 7 } }, `$.enrichments.${CVSS}: `],
  ])('that names %s is refused', (_, rest, expected) => {
    expect(() => read(report({}, rest))).toThrow(expected);
  });
});
