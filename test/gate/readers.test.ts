import { describe, expect, it } from 'vitest';
import { readReport } from '../../src/gate/read-report.js';
import { isPatchwayError } from '../../src/problem.js';
import { fixture, fixtureText } from './support.js';

const read = (document: unknown) => readReport(JSON.stringify(document), 'report.json');

function message(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isPatchwayError(error) && error.exitCode === 65) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

const trivyReport = (vulnerability: object, rest: object = {}) => ({
  SchemaVersion: 2,
  ArtifactName: 'web',
  Results: [{ Vulnerabilities: [{ VulnerabilityID: 'CVE-2026-1', PkgName: 'zlib', InstalledVersion: '1', ...vulnerability }], ...rest }],
});

const grypeReport = (vulnerability: object, rest: object = {}, artifact: object = {}) => ({
  matches: [{ vulnerability: { id: 'CVE-2026-1', ...vulnerability }, artifact: { name: 'zlib', version: '1', ...artifact }, ...rest }],
  descriptor: { name: 'grype' },
});

describe('a report of Trivy', () => {
  it('names its image by name, repository and digest', () => {
    const { findings, ...report } = fixture('trivy-web-1.0.1.json');
    expect(report).toEqual({
      scanner: 'trivy',
      scannerVersion: 'dev',
      createdAt: '2026-11-21T08:39:43.035Z',
      endOfLife: 'alpine 3.19.1',
      image: '10.244.0.1:5000/web:1.0.1',
      digests: ['sha256:0fb10fc1dc89bdd972d60b70a37a8fc4266b162097c831e59324822925009864'],
      repositories: ['10.244.0.1:5000/web'],
    });
    expect(findings).toEqual([
      expect.objectContaining({ id: 'CVE-2024-13176', package: 'openssl', packages: ['libcrypto3'], fixedIn: [], severity: 'medium' }),
      expect.objectContaining({ id: 'CVE-2024-9143', fixedIn: ['3.1.7-r1'], publishedAt: '2024-10-16T00:00:00Z', version: '3.1.6-r0' }),
    ]);
  });

  it.each<[string, object]>([
    ['no results', { SchemaVersion: 2 }],
    ['null results', { SchemaVersion: 2, Results: null }],
    ['a result without vulnerabilities', { SchemaVersion: 2, Results: [{ Class: 'os-pkgs' }, { Vulnerabilities: null }] }],
    ['null metadata', { SchemaVersion: 2, Metadata: null, Trivy: null, CreatedAt: null }],
  ])('with %s is one without findings', (_, document) => {
    expect(read(document)).toEqual({ scanner: 'trivy', digests: [], repositories: [], findings: [] });
  });

  it('holds several results, of a distribution and of languages', () => {
    const os = trivyReport({ PkgID: 'zlib1g@1', PkgName: 'zlib1g' }, { Packages: [{ ID: 'zlib1g@1', SrcName: 'zlib' }] }).Results;
    const java = trivyReport({
      VulnerabilityID: 'GHSA-1',
      VendorIDs: ['GHSA-2', ''],
      PkgName: 'org.acme:core',
      PkgIdentifier: { PURL: 'pkg:maven/org.acme/core@1' },
      FixedVersion: '1.2, 2.0',
    }).Results;
    expect(read({ SchemaVersion: 2, Results: [...os, ...java] }).findings).toMatchObject([
      { id: 'CVE-2026-1', package: 'zlib', packages: ['zlib1g'] },
      { id: 'GHSA-1', aliases: ['GHSA-2'], package: 'org.acme:core', fixedIn: ['1.2', '2.0'] },
    ]);
  });

  it.each([
    ['CRITICAL', 'critical'],
    ['LOW', 'low'],
    ['UNKNOWN', 'unknown'],
    ['', 'unknown'],
    [undefined, 'unknown'],
    ['SPICY', 'unknown'],
  ])('severity %s is %s', (written, severity) => {
    expect(read(trivyReport({ Severity: written })).findings[0]?.severity).toBe(severity);
  });

  it.each([
    ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05Z'],
    ['0001-01-01T00:00:00Z', undefined],
    [null, undefined],
  ])('publication %s is %s', (written, publishedAt) => {
    expect(read(trivyReport({ PublishedDate: written })).findings[0]?.publishedAt).toBe(publishedAt);
  });
});

describe('a report of Grype', () => {
  it('names its image, its database and the findings', () => {
    const { findings, ...report } = fixture('grype-web-1.0.2.json');
    expect(report).toMatchObject({
      scanner: 'grype',
      databaseBuiltAt: '2026-11-21T08:34:24Z',
      image: '10.244.0.1:5000/web:1.0.2',
      digests: ['sha256:291a13f77860f4e4f208e62eab9dc41f90be2ba32d27f1efff44273f47eeee4b'],
    });
    expect(findings).toMatchObject([{ id: 'CVE-2024-13176', package: 'openssl', packages: ['libcrypto3'], fixedIn: [], epss: 0.001 }]);
  });

  it('reads what older releases write: no fix dates, the database elsewhere, null lists', () => {
    const document = grypeReport(
      { fix: { versions: null, state: 'not-fixed' }, severity: 'Negligible' },
      { relatedVulnerabilities: null },
      { upstreams: null },
    );
    const old = read({
      ...document,
      descriptor: { name: 'grype', version: '0.86.1', db: { built: '2026-01-01T00:00:00Z', schemaVersion: 5 } },
    });
    expect(old).toMatchObject({ scannerVersion: '0.86.1', databaseBuiltAt: '2026-01-01T00:00:00Z' });
    expect(old.findings).toMatchObject([{ package: 'zlib', fixedIn: [], severity: 'low', exploited: false }]);
  });

  it('reads a directory and an SBOM, whose target is a path', () => {
    expect(read({ ...grypeReport({}), source: { type: 'directory', target: '/app' } })).toMatchObject({ image: '/app', digests: [] });
  });

  it.each([
    ['Critical', 'critical'],
    ['Negligible', 'low'],
    ['Unknown', 'unknown'],
    [undefined, 'unknown'],
  ])('severity %s is %s', (written, severity) => {
    expect(read(grypeReport({ severity: written })).findings[0]?.severity).toBe(severity);
  });

  it('takes the related severity where its own is unknown', () => {
    const related = { relatedVulnerabilities: [{ id: 'CVE-2026-1', severity: 'High' }] };
    expect(read(grypeReport({ severity: 'Unknown' }, related)).findings[0]?.severity).toBe('high');
    expect(read(grypeReport({ severity: 'Low' }, related)).findings[0]?.severity).toBe('low');
  });

  it('takes the earliest fix, and knows a fix without a version', () => {
    const available = [
      { version: '2', date: '2026-03-01' },
      { version: '1.1', date: '2026-02-01' },
    ];
    expect(read(grypeReport({ fix: { state: 'fixed', versions: ['2'], available } })).findings[0]).toMatchObject({
      fixedIn: ['1.1', '2'],
      fixReleasedAt: '2026-02-01T00:00:00Z',
    });
    expect(read(grypeReport({ fix: { state: 'fixed', versions: [] } })).findings[0]?.fixedIn).toEqual(['a later version']);
  });

  it('calls a GHSA by its CVE, and takes exploitation from the related entry', () => {
    const related = [
      { id: 'CVE-2026-1', knownExploited: [{ cve: 'CVE-2026-1', dateAdded: '2026-05-01' }], epss: [{ cve: 'CVE-2026-1', epss: 0.5 }] },
    ];
    expect(read(grypeReport({ id: 'GHSA-1' }, { relatedVulnerabilities: related })).findings).toMatchObject([
      { id: 'CVE-2026-1', aliases: ['GHSA-1'], exploited: true, kevAddedAt: '2026-05-01T00:00:00Z', epss: 0.5 },
    ]);
  });

  it('makes each CVE of an advisory a finding, exploited only where the entry names it', () => {
    const related = [{ id: 'CVE-2026-1' }, { id: 'CVE-2026-2' }];
    const advisory = { id: 'ALAS-1', knownExploited: [{ cve: 'CVE-2026-2', dateAdded: '2026-05-01' }] };
    expect(
      read(grypeReport(advisory, { relatedVulnerabilities: related })).findings.map(({ id, aliases, exploited }) => ({
        id,
        aliases,
        exploited,
      })),
    ).toEqual([
      { id: 'CVE-2026-1', aliases: ['ALAS-1'], exploited: false },
      { id: 'CVE-2026-2', aliases: ['ALAS-1'], exploited: true },
    ]);
  });

  it.each([
    ['pkg:maven/org.acme/core@1.0?type=jar', 'core', 'org.acme:core'],
    ['pkg:pypi/jinja2@3', 'Jinja2', 'jinja2'],
    ['pkg:pypi/zope.interface@3', 'zope.interface', 'zope-interface'],
    ['pkg:npm/%40babel/core@7', '@babel/core', '@babel/core'],
    [undefined, 'core', 'core'],
  ])('names the package of %s (%s) %s', (purl, name, expected) => {
    expect(read(grypeReport({}, {}, { name, purl })).findings[0]?.package).toBe(expected);
  });
});

describe('what is no report is refused with file, path and reason', () => {
  it.each<[string, string, RegExp]>([
    ['an empty file', ' \n', /^report\.json: 1 problem\n {2}report\.json The report is empty.*scan again/],
    ['text', '2026-11-21 INFO Vulnerability scanning', /This is not JSON.*trivy image --format json/],
    ['half a report', fixtureText('trivy-web-1.0.0.json').slice(0, 5000), /cut off.*scan again/],
    ['half a line', fixtureText('grype-web-1.0.0.json').slice(0, 9000), /cut off.*scan again/],
    ['broken JSON', '{"SchemaVersion": 2,, "Results": []}', /not whole JSON/],
    ['a list', '[]', /no report of a scanner that is understood/],
    ['null', 'null', /no report of a scanner that is understood/],
    ["Clair's index", '{"manifest_hash": "sha256:0", "state": "IndexFinished"}', /an index report of Clair/],
    ['SARIF', '{"version": "2.1.0", "runs": []}', /a SARIF log/],
    ['CycloneDX', '{"bomFormat": "CycloneDX"}', /a CycloneDX SBOM/],
    ['a cluster', '{"SchemaVersion": 0, "ClusterName": "kind"}', /trivy k8s/],
  ])('%s', (_, text, expected) => {
    expect(message(() => readReport(text, 'report.json'))).toMatch(expected);
  });

  it.each<[string, object, string]>([
    ['an old schema', { SchemaVersion: 1 }, '$.SchemaVersion: is not what was expected there (expected 2, received 1)'],
    [
      'results of another shape',
      { SchemaVersion: 2, Results: {} },
      '$.Results: is not what was expected there (expected a list, received {})',
    ],
    ['a vulnerability without an id', trivyReport({ VulnerabilityID: null }), '$.Results[0].Vulnerabilities[0].VulnerabilityID: '],
    [
      'a package that is no text',
      trivyReport({ PkgName: 7 }),
      '$.Results[0].Vulnerabilities[0].PkgName: is not what was expected there (expected a text, received 7)',
    ],
    [
      'a date that is none',
      trivyReport({ PublishedDate: 'soon' }),
      '$.Results[0].Vulnerabilities[0].PublishedDate: is not what was expected there (expected a date, received "soon")',
    ],
    ['a day that does not exist', trivyReport({ PublishedDate: '2026-02-30' }), '(expected a date, received "2026-02-30")'],
    [
      'matches of another shape',
      { matches: 3, descriptor: { name: 'grype' } },
      '$.matches: is not what was expected there (expected a list, received 3)',
    ],
    [
      'a match without a vulnerability',
      { matches: [{}], descriptor: { name: 'grype' } },
      '$.matches[0].vulnerability: is not what was expected there (expected an object, received nothing)',
    ],
    ['a score that is no number', grypeReport({ epss: [{ epss: 'high' }] }), '$.matches[0].vulnerability.epss[0].epss: '],
  ])('%s', (_, document, expected) => {
    const text = message(() => read(document));
    expect(text).toContain('report.json');
    expect(text).toContain(expected);
  });
});
