import { describe, expect, it } from 'vitest';
import { factorsOf } from '../../src/gate/cvss.js';
import { joinFindings } from '../../src/gate/join.js';
import { readReport } from '../../src/gate/read-report.js';
import { finding, fixture, web } from './support.js';

const WORST = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';

describe('the base score', () => {
  /** As the specification's examples and NVD give them. */
  it.each([
    [WORST, 9.8],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', 8.8],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', 7.5],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L', 5.3],
    ['CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N', 4.8],
    ['CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H', 5.5],
    ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N', 6.4],
    ['CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', 7.8],
    ['CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H', 7.2],
    ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H', 9.9],
    ['CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', 4.6],
    ['CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H', 9.3],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0],
  ])('of %s is %d', (vector, score) => {
    expect(factorsOf([{ vector }]).score).toBe(score);
  });

  it('is the one that was stated, and the highest of several', () => {
    expect(factorsOf([{ vector: WORST, score: 6.1 }]).score).toBe(6.1);
    expect(
      factorsOf([
        { vector: WORST, score: 6.1 },
        { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', score: 8.8 },
      ]).score,
    ).toBe(8.8);
  });
});

describe('what a vector says', () => {
  it.each([
    [WORST, true, true, true],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', false, true, true],
    ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:L', false, false, true],
    ['CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N', false, false, false],
    ['CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', false, true, false],
    ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', true, true, true],
    ['CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:L/SC:N/SI:N/SA:N', false, false, false],
    ['AV:N/AC:L/Au:N/C:C/I:C/A:C', true, true, true],
    ['AV:N/AC:L/Au:S/C:P/I:P/A:P', false, false, true],
  ])('%s', (vector, automatable, total, reachable) => {
    expect(factorsOf([{ vector }])).toMatchObject({ automatable, total, reachable });
  });

  it.each(['', 'high', 'CVSS:3.1/AV:N', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N', 'CVSS:4.0/AV:N/AC:L', 'AV:N/AC:L'])(
    'is nothing in "%s"',
    (vector) => {
      expect(factorsOf([{ vector }])).toEqual({});
    },
  );

  it('is no score where a metric has a value that it cannot have', () => {
    expect(factorsOf([{ vector: 'CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }])).toEqual({
      automatable: false,
      total: true,
      reachable: false,
    });
  });

  it('is the worst of several, and version 2 says nothing beside a later one', () => {
    const local = { vector: 'CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' };
    const remote = { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N' };
    expect(factorsOf([local, remote])).toEqual({ automatable: true, total: true, reachable: true, score: 8.4 });
    expect(factorsOf([local, { vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C', score: 10 }])).toMatchObject({ automatable: false, score: 8.4 });
  });
});

describe('reports', () => {
  it('give the vectors of both scanners', () => {
    const vectors = (name: string) => new Map(fixture(name).findings.map(({ id, cvss }) => [id, cvss]));
    expect(vectors('trivy-web-1.0.0.json').get('CVE-2023-4863')).toEqual([{ vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H' }]);
    expect(vectors('grype-web-1.0.0.json').get('CVE-2023-4863')).toEqual([
      { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', score: 8.8 },
    ]);
  });

  it('agree on the score, stated by one and computed from the other', () => {
    for (const one of fixture('grype-web-1.0.0.json').findings) {
      const unstated = (one.cvss ?? []).map(({ vector }) => ({ vector }));
      expect(factorsOf(unstated).score).toBe(factorsOf(one.cvss ?? []).score);
    }
  });

  it('are joined to each vector once, with the score that one states', () => {
    expect(joinFindings(web('1.0.0')).find(({ id }) => id === 'CVE-2023-4863')?.cvss).toEqual([
      { vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', score: 8.8 },
    ]);
    const [v2, v3] = [{ vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C' }, { vector: WORST }];
    const [joined] = joinFindings([{ findings: [finding({ cvss: [v3] })] }, { findings: [finding({ cvss: [v2] }), finding()] }]);
    expect(joined?.cvss).toEqual([v2, v3]);
  });

  it('of Trivy may rate by several sources and versions', () => {
    const trivy = (CVSS: unknown) => {
      const vulnerability = { VulnerabilityID: 'CVE-2026-1', PkgName: 'openssl', InstalledVersion: '1', CVSS };
      return readReport(JSON.stringify({ SchemaVersion: 2, Results: [{ Vulnerabilities: [vulnerability] }] }), 'trivy.json').findings[0]
        ?.cvss;
    };
    const v2 = 'AV:N/AC:L/Au:N/C:P/I:P/A:P';
    const v4 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
    expect(trivy({ nvd: { V2Vector: v2, V2Score: 7.5, V3Vector: WORST, V3Score: 9.8 }, redhat: { V40Vector: v4, V40Score: 9.3 } })).toEqual(
      [
        { vector: WORST, score: 9.8 },
        { vector: v4, score: 9.3 },
      ],
    );
    expect(trivy({ nvd: { V3Vector: WORST, V40Vector: v4, V40Score: 9.3 }, ghsa: { V3Vector: WORST, V3Score: 9.8 } })).toEqual([
      { vector: WORST, score: 9.8 },
      { vector: v4, score: 9.3 },
    ]);
    expect(trivy({ nvd: { V2Vector: v2, V2Score: 7.5 } })).toEqual([{ vector: v2, score: 7.5 }]);
    expect(trivy({ nvd: { V3Score: 9.8 }, redhat: null })).toBeUndefined();
    expect(trivy(null)).toBeUndefined();
    expect(() => trivy(9.8)).toThrow(/CVSS.*expected an object/s);
    expect(() => trivy({ nvd: { V3Vector: 3 } })).toThrow(/CVSS\.nvd\.V3Vector/);
  });
});
