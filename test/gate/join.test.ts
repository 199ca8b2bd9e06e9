import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/gate/finding.js';
import { identitiesOf } from '../../src/gate/identity.js';
import { joinFindings } from '../../src/gate/join.js';
import { finding, findings, web } from './support.js';

const join = (...lists: readonly (readonly Finding[])[]) => joinFindings(lists.map((list) => ({ findings: list })));

describe('joinFindings on real reports', () => {
  it('finds what both scanners found, once', () => {
    expect(
      join(...web('1.0.0').map((report) => report.findings)).map(({ id, package: name, severity }) => `${id} ${name} ${severity}`),
    ).toEqual([
      'CVE-2023-42363 busybox medium',
      'CVE-2023-42364 busybox medium',
      'CVE-2023-42366 busybox medium',
      'CVE-2023-4863 libwebp high',
      'CVE-2024-13176 openssl medium',
      'CVE-2024-4741 openssl high',
      'CVE-2024-5535 openssl critical',
      'CVE-2024-9143 openssl medium',
    ]);
  });

  it('takes dates, exploitation and EPSS from the scanner that knows them', () => {
    expect(joinFindings(web('1.0.0')).find(({ id }) => id === 'CVE-2023-4863')).toMatchObject({
      id: 'CVE-2023-4863',
      aliases: [],
      package: 'libwebp',
      packages: ['libwebp'],
      purls: [
        'pkg:apk/alpine/libwebp@1.3.0-r3?arch=x86_64&distro=3.19.1',
        'pkg:apk/alpine/libwebp@1.3.0-r3?arch=x86_64&distro=alpine-3.19.1',
      ],
      version: '1.3.0-r3',
      severity: 'high',
      fixedIn: ['1.3.1-r1'],
      fixReleasedAt: '2023-09-13T00:00:00Z',
      publishedAt: '2023-09-12T00:00:00Z',
      exploited: true,
      kevAddedAt: '2023-09-13T00:00:00Z',
      epss: 0.937,
      scanners: ['grype', 'trivy'],
    });
  });

  it.each([
    ['1.0.1', 2, 1],
    ['1.0.2', 1, 1],
  ])('web %s has %i findings, %i without a fix', (version, count, unfixed) => {
    const joined = joinFindings(web(version));
    expect(joined).toHaveLength(count);
    expect(joined.filter(({ fixedIn }) => fixedIn.length === 0)).toHaveLength(unfixed);
  });
});

describe('joinFindings by package', () => {
  const source = finding({ package: 'openssl', packages: ['libcrypto3'] });

  it.each<[string, Finding, string, readonly string[]]>([
    ['a binary package of the same name', finding({ package: 'libcrypto3', packages: ['libcrypto3'] }), 'openssl', ['libcrypto3']],
    ['the source alone', finding({ package: 'openssl', packages: ['openssl'] }), 'openssl', ['libcrypto3', 'openssl']],
    ['another binary of the source', finding({ package: 'openssl', packages: ['libssl3'] }), 'openssl', ['libcrypto3', 'libssl3']],
  ])('joins with %s', (_, other, name, packages) => {
    expect(join([source], [other])).toMatchObject([{ package: name, packages }]);
    expect(join([other], [source])).toMatchObject([{ package: name, packages }]);
  });

  it.each<[string, Finding]>([
    ['another package', finding({ package: 'curl', packages: ['libcurl'] })],
    ['another vulnerability', finding({ id: 'CVE-2026-0002' })],
  ])('keeps %s apart', (_, other) => {
    expect(join([source], [other])).toHaveLength(2);
  });

  it('connects two binaries through a third finding, whichever comes last', () => {
    const [a, b] = [finding({ package: 'a', packages: ['a'] }), finding({ package: 'b', packages: ['b'] })];
    const both = finding({ package: 'src', packages: ['a', 'b'] });
    expect(join([a, b, both])).toMatchObject([{ package: 'src', packages: ['a', 'b'] }]);
    expect(join([both, b, a])).toMatchObject([{ package: 'src', packages: ['a', 'b'] }]);
  });
});

describe('joinFindings by alias', () => {
  const cve = finding({ id: 'CVE-1', aliases: ['GHSA-1'] });

  it('calls a GHSA by the CVE that another scanner knows', () => {
    expect(join([finding({ id: 'GHSA-1' })], [cve])).toMatchObject([{ id: 'CVE-1', aliases: ['GHSA-1'] }]);
  });

  it('follows a chain of names to the CVE', () => {
    const chain = [finding({ id: 'GO-1', aliases: ['GHSA-1'] }), finding({ id: 'GO-1' })];
    expect(join(chain, [cve])).toMatchObject([{ id: 'CVE-1', aliases: ['GHSA-1', 'GO-1'] }]);
  });

  it('joins names without a CVE under the first of them', () => {
    expect(join([finding({ id: 'GO-1', aliases: ['GHSA-1'] })], [finding({ id: 'GHSA-1' })])).toMatchObject([
      { id: 'GHSA-1', aliases: ['GO-1'] },
    ]);
  });

  it('keeps the CVEs of one advisory apart', () => {
    const two = ['CVE-1', 'CVE-2'].map((id) => finding({ id, aliases: ['RHSA-1'] }));
    expect(join(two, two).map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2']);
    expect(identitiesOf('RHSA-1', ['CVE-2', 'CVE-1'])).toEqual([
      { id: 'CVE-1', aliases: ['RHSA-1'] },
      { id: 'CVE-2', aliases: ['RHSA-1'] },
    ]);
  });
});

describe('joinFindings merges', () => {
  it.each<[keyof Finding, Partial<Finding>, Partial<Finding>, unknown]>([
    ['severity', { severity: 'unknown' }, { severity: 'low' }, 'low'],
    ['severity', { severity: 'medium' }, { severity: 'critical' }, 'critical'],
    ['severity', { severity: 'unknown' }, { severity: 'unknown' }, 'unknown'],
    ['fixedIn', { fixedIn: [] }, { fixedIn: ['2'] }, ['2']],
    ['fixedIn', { fixedIn: ['2', '3'] }, { fixedIn: ['2'] }, ['2', '3']],
    ['fixReleasedAt', { fixReleasedAt: '2026-01-02T00:00:00Z' }, { fixReleasedAt: '2026-01-01T23:59:59Z' }, '2026-01-01T23:59:59Z'],
    ['publishedAt', {}, { publishedAt: '2026-01-02T00:00:00Z' }, '2026-01-02T00:00:00Z'],
    ['kevAddedAt', { kevAddedAt: '2026-01-01T00:00:00Z' }, {}, '2026-01-01T00:00:00Z'],
    ['exploited', { exploited: true }, {}, true],
    ['epss', { epss: 0.1 }, { epss: 0.2 }, 0.2],
    ['version', { version: '0:1.0' }, { version: '1.0' }, '1.0'],
    ['version', { version: '1.0' }, { version: '2.0' }, '1.0, 2.0'],
    ['scanners', { scanners: ['trivy'] }, { scanners: ['grype'] }, ['grype', 'trivy']],
  ])('%s of %o and %o', (field, a, b, expected) => {
    expect(join([finding(a)], [finding(b)])).toMatchObject([{ [field]: expected }]);
    expect(join([finding(b)], [finding(a)])).toMatchObject([{ [field]: expected }]);
  });
});

describe('joinFindings, for all findings', () => {
  it('does not depend on their order or on how they are spread over reports', () => {
    fc.assert(
      fc.property(
        findings.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length }), fc.nat(list.length)),
        ),
        ([list, shuffled, split]) => {
          expect(join(shuffled.slice(split), shuffled.slice(0, split))).toEqual(join(list));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('changes nothing when it joins again, alone or with what it came from', () => {
    fc.assert(
      fc.property(findings, (list) => {
        const joined = join(list);
        expect(join(joined)).toEqual(joined);
        expect(join(joined, joined)).toEqual(joined);
      }),
      { numRuns: 500 },
    );
  });

  it('counts nothing twice and loses nothing', () => {
    fc.assert(
      fc.property(findings, (list) => {
        const joined = join(list);
        const keys = joined.flatMap(({ id, package: source, packages }) =>
          [...new Set([source, ...packages])].map((name) => `${id} ${name}`),
        );
        expect(new Set(keys).size).toBe(keys.length);
        for (const { id, package: name, packages } of list) {
          const found = joined.filter((one) => one.id === id || one.aliases.includes(id));
          expect(found.some((one) => [one.package, ...one.packages].some((other) => [name, ...packages].includes(other)))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
