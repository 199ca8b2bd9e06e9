import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/gate/finding.js';
import { reportsByImage } from '../../src/gate/images.js';
import { web } from './support.js';

function report(changes: Partial<Report>): Report {
  return { scanner: 'trivy', digests: [], repositories: [], findings: [], ...changes };
}

describe('reportsByImage', () => {
  it('sorts real reports of three images, whatever their order', () => {
    const [a, b, c] = ['1.0.0', '1.0.1', '1.0.2'].map(web);
    const mixed = [a![0]!, b![1]!, c![0]!, b![0]!, a![1]!, c![1]!];
    expect(reportsByImage(mixed).map(({ image, digests, reports }) => [image, digests.length, reports.length])).toEqual([
      ['10.244.0.1:5000/web:1.0.0', 1, 2],
      ['10.244.0.1:5000/web:1.0.1', 1, 2],
      ['10.244.0.1:5000/web:1.0.2', 1, 2],
    ]);
  });

  it.each<[string, Report, Report, number]>([
    [
      'the same digest under two names',
      report({ image: 'a:1', digests: ['sha256:1'] }),
      report({ image: 'b:1', digests: ['sha256:1'] }),
      1,
    ],
    ['the same name', report({ image: 'a:1', digests: ['sha256:1'] }), report({ image: 'a:1' }), 1],
    ['two names', report({ image: 'a:1' }), report({ image: 'a:2' }), 2],
    ['digests that the lock calls one image', report({ digests: ['sha256:1'] }), report({ digests: ['sha256:2'] }), 1],
    ['other digests', report({ digests: ['sha256:1'] }), report({ digests: ['sha256:3'] }), 2],
    ['neither name nor digest', report({}), report({}), 2],
  ])('%s', (_, a, b, count) => {
    expect(reportsByImage([a, b], [['sha256:1', 'sha256:2']])).toHaveLength(count);
  });

  it('connects two groups by a report that belongs to both', () => {
    const [a, b] = [report({ image: 'a:1' }), report({ digests: ['sha256:1'] })];
    expect(reportsByImage([a, b, report({ image: 'a:1', digests: ['sha256:1'] })])).toMatchObject([
      { image: 'a:1', reports: { length: 3 } },
    ]);
  });

  it("calls the image by a registry's name before a path", () => {
    const layout = report({ image: '/work/layout', digests: ['sha256:1'] });
    const remote = report({ image: 'ghcr.io/acme/web:1', digests: ['sha256:1'], repositories: ['ghcr.io/acme/web'] });
    expect(reportsByImage([layout, remote])).toMatchObject([{ image: 'ghcr.io/acme/web:1' }]);
  });
});
