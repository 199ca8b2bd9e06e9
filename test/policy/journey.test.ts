import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { journeyTo, takesAtMost } from '../../src/policy/checks/journey.js';
import { steadyTimes } from '../../src/policy/checks/steady-times.js';
import { resolvePolicy } from '../../src/policy/resolve.js';
import { storefront } from './storefront.js';

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca'];
const SCANS = ['17 3 * * *', '0 */5 * * *', '30 2 * * 0', '0 0 * * 1-5', '5 1 1 * *', '0 12 * 3-9 *', '0 4 1 * 2'];
const PROMOTIONS = ['*/10 * * * *', '0 2 * * *', '15 1 * * 0', '0 6 1,15 * *'];
const OPENINGS = ['0 20 * * 1-4', '30 2 * * *', '0 1 * * 0', '0 0 * * 3', '0 8 1 * *'];

const zone = fc.constantFrom(...ZONES);
const window = fc.record({
  kind: fc.constantFrom('allow', 'allow', 'deny'),
  schedule: fc.constantFrom(...OPENINGS),
  duration: fc.constantFrom('30m', '6h', '30h', '9d'),
  cutoff: fc.constantFrom('10m', '2h'),
  timeZone: zone,
});
const documents = fc
  .record({
    timeZone: zone,
    scan: fc.constantFrom(...SCANS),
    promotion: fc.constantFrom(...PROMOTIONS),
    windows: fc.array(window, { maxLength: 2 }),
    soaks: fc.array(fc.constantFrom('0s', '48h', '6d'), { minLength: 1, maxLength: 2 }),
  })
  .map(({ timeZone, scan, promotion, windows, soaks }) =>
    resolvePolicy({
      ...storefront(),
      timeZone,
      scan: { ...storefront().scan, schedule: scan },
      promotion: { schedule: promotion },
      windows: windows as never,
      stages: [
        { name: 'first', namespace: 'first' },
        ...soaks.map((soak, i) => ({
          name: `later-${i}`,
          namespace: `later-${i}`,
          after: [i === 0 ? 'first' : `later-${i - 1}`],
          soak: soak as '48h',
        })),
      ],
    }),
  );

describe('the ways of fixes', () => {
  it('are the same whether steady weeks are told by one of them or all are looked at', () => {
    fc.assert(
      fc.property(documents, fc.boolean(), (document, waits) => {
        const last = document.stages.at(-1);
        if (last === undefined) throw new Error('no stage');
        const all = journeyTo(document, last, { soaks: true, waits }, []);
        expect(journeyTo(document, last, { soaks: true, waits })).toEqual(all);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('take at most what the shortest of them takes, and no less', () => {
    fc.assert(
      fc.property(documents, fc.boolean(), (document, waits) => {
        const last = document.stages.at(-1);
        if (last === undefined) throw new Error('no stage');
        const ways = { soaks: true, waits };
        const shortest = journeyTo(document, last, ways, [])?.shortest.length;
        const within = (time: number) => takesAtMost(document, last, ways, time);
        if (shortest === undefined) expect(within(0)).toBe(false);
        // Of several scans in six hours, a journey looks at one.
        else if (document.scan.schedule.includes('/')) expect(within(shortest)).toBe(true);
        else expect([within(shortest - 60_000), within(shortest)]).toEqual([false, true]);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it.each([
    ['one zone without summer time', 'UTC', '17 3 * * *', 1],
    ['a zone with it: from each change of clocks to the next', 'Europe/Berlin', '17 3 * * *', 5],
    ['a schedule by the month', 'UTC', '17 3 1 * *', 0],
    ['a schedule by months', 'UTC', '17 3 * 3-9 *', 0],
  ])('are steady in %s', (_title, timeZone, schedule, count) => {
    const document = resolvePolicy({ ...storefront(), timeZone, scan: { ...storefront().scan, schedule }, windows: [], stages: [] });
    expect(steadyTimes(document)).toHaveLength(count);
  });
});
