import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import { eventOf, newEntries, remember } from '../../src/promotion/history.js';
import type { HistoryEntry } from '../../src/promotion/state.js';
import { policy as document } from '../rules/storefront.js';
import {
  at,
  candidate,
  digest,
  HOUR,
  intent,
  NOW,
  observed,
  pass,
  production,
  REFERENCE,
  sets,
  situation,
  state,
  verdicts,
} from './support.js';

const DAY = 24 * HOUR;
const WHATS = ['promoted', 'rolledBack', 'blocked', 'approved'] as const;
const entry = (ms: number, what: HistoryEntry['what'] = 'promoted', why = 'it soaked'): HistoryEntry => ({ at: at(NOW - ms), what, why });

describe('history', () => {
  it('keeps the newest entries and counts older ones by month and kind', () => {
    const history = [entry(DAY), entry(30 * DAY, 'rolledBack'), entry(31 * DAY), entry(33 * DAY), entry(70 * DAY)];
    const next = remember(state({ history, folded: { '2026-10': { promoted: 1 }, '2026-08': { blocked: 2 } } }), entry(0), 2);
    expect(next.history).toEqual([entry(0), entry(DAY)]);
    expect(next.folded).toEqual({ '2026-10': { rolledBack: 1, promoted: 3 }, '2026-09': { promoted: 1 }, '2026-08': { blocked: 2 } });
  });

  it('has no counts where nothing went', () => {
    expect(remember(state(), entry(0), 200)).not.toHaveProperty('folded');
  });

  it('loses none, and stays below what a ConfigMap takes, whatever is written', () => {
    const size = fc.constantFrom(10, 5_000, 40_000);
    const entries = fc.array(fc.record({ what: fc.constantFrom(...WHATS), size, day: fc.integer({ min: 0, max: 400 }) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 30 }), (drawn, keep) => {
        let kept = state();
        for (const { what, size: length, day } of drawn) kept = remember(kept, entry(-day * DAY, what, '…'.repeat(length)), keep);
        const counted = Object.values(kept.folded ?? {}).flatMap((month) => Object.values(month));
        expect(kept.history.length + counted.reduce((a, b) => a + b, 0)).toBe(drawn.length);
        expect(kept.history.length).toBeLessThanOrEqual(keep);
        expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(700_000);
      }),
      { numRuns: 30 },
    );
  });

  it('tells what is new, oldest first', () => {
    const earlier = state({ history: [entry(DAY)] });
    const later = remember(remember(earlier, entry(HOUR, 'blocked'), 200), entry(0), 200);
    expect(newEntries(earlier, later)).toEqual([entry(HOUR, 'blocked'), entry(0)]);
    expect(newEntries(later, later)).toEqual([]);
  });
});

describe('an entry says', () => {
  const policy = { ...document, gate: { ...document.gate, exploited: { skipSoak: true, bypassWindows: true } } };
  const closed = { kind: 'allow', schedule: '0 0 1 1 *', duration: 6 * HOUR, timeZone: 'UTC', cutoff: 0 } as const;
  const evidence = (letter: string, verdict: 'pass' | 'fail', reason: string) => [
    { reference: REFERENCE.web, digest: digest(letter), verdict, reason },
  ];

  it('what the gate said when it was begun, also once it is over', () => {
    const begun = decide(situation({ state: state({ candidate: candidate('B', { healthyMs: 49 * HOUR }) }) }));
    expect(begun.state.intent).toMatchObject({ evidence: evidence('B', 'pass', 'nothing is overdue') });
    expect(begun.state.intent).not.toHaveProperty('bypassed');
    const placed = { ...begun.state, step: 'verifying' } as const;
    const done = decide(situation({ state: placed, observed: observed('B'), verdicts: {}, now: NOW + HOUR }));
    expect(done.state.history[0]).toMatchObject({ what: 'promoted', evidence: evidence('B', 'pass', 'nothing is overdue') });
  });

  it('what was passed over for an exploited finding', () => {
    const urgent = { ...pass, cures: 'CVE-2021-44228' };
    const stage = { ...production, windows: [closed] };
    const begun = decide(situation({ policy, stage, verdicts: verdicts({ A: pass, B: urgent }) }));
    expect(begun.state.intent?.bypassed).toEqual(['soak', 'window']);
    const done = decide(situation({ policy, stage, state: { ...begun.state, step: 'verifying' }, observed: observed('B') }));
    expect(done.state.history[0]?.bypassed).toEqual(['soak', 'window']);
  });

  it('what the gate said when it was closed', () => {
    const overdue = { verdict: 'fail', allowed: false, reason: 'CVE-1 is overdue', improves: false } as const;
    const soaked = state({ candidate: candidate('B', { healthyMs: 49 * HOUR }) });
    const blocked = decide(situation({ state: soaked, verdicts: verdicts({ A: pass, B: overdue }) }));
    expect(blocked.state.history[0]).toMatchObject({ what: 'blocked', evidence: evidence('B', 'fail', 'CVE-1 is overdue') });
  });

  it('who approved it', () => {
    const placed = state({ step: 'verifying', intent: intent({ by: 'jane@acme.example' }) });
    expect(decide(situation({ state: placed, observed: observed('B') })).state.history[0]).toMatchObject({ by: 'jane@acme.example' });
  });
});

describe('an Event', () => {
  const place = { name: 'production', namespace: 'storefront' };

  it('tells an entry about the stage’s CronJob', () => {
    const moved = { ...entry(0), from: sets('A'), to: sets('B') };
    expect(eventOf(moved, place)).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: expect.stringMatching(/^patchway-promotion-production\.[0-9a-f]{16}$/), namespace: 'storefront' },
      involvedObject: { apiVersion: 'batch/v1', kind: 'CronJob', name: 'patchway-promotion-production', namespace: 'storefront' },
      reason: 'Promoted',
      message: `web: web:1.4.1 (${digest('B').slice(0, 19)}). it soaked`,
      type: 'Normal',
      firstTimestamp: '2026-11-21T12:00:00Z',
      lastTimestamp: '2026-11-21T12:00:00Z',
      count: 1,
      source: { component: 'patchway-promotion' },
    });
  });

  it.each([
    ['promoted', 'Normal'],
    ['resumed', 'Normal'],
    ['approved', 'Normal'],
    ['rolledBack', 'Warning'],
    ['blocked', 'Warning'],
    ['foreignChange', 'Warning'],
  ] as const)('of %s is %s', (what, type) => expect(eventOf(entry(0, what), place).type).toBe(type));

  it('has one name for one entry, and fits what Kubernetes takes', () => {
    const long = entry(0, 'blocked', 'x'.repeat(5000));
    expect(eventOf(long, place).metadata.name).toBe(eventOf({ ...long }, place).metadata.name);
    expect(eventOf(long, place).metadata.name).not.toBe(eventOf(entry(1), place).metadata.name);
    expect(eventOf(long, place).message.length).toBeLessThanOrEqual(1000);
  });
});
