import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import { digest, HOUR, NOW, production, seen, sets, situation, state, workload } from './support.js';

describe('a change by somebody else', () => {
  const promoted = state({ workloads: { web: { current: sets('B').web!, previous: sets('A').web! } } });

  it('is told, and not fought', () => {
    const decision = decide(situation({ here: 'C', before: 'B', state: promoted }));
    expect(decision.kind).toBe('foreignChange');
    expect(decision.because).toMatch(/Stage production ran web:1\.4\.1 .*; somebody moved it to web:1\.4\.2/);
    expect(decision.state.workloads).toEqual(promoted.workloads);
    expect(decision.state.history).toHaveLength(1);
    const again = decide(situation({ here: 'C', before: 'B', state: decision.state, now: NOW + HOUR }));
    expect(again.state).toEqual(decision.state);
  });

  it('that is no image of the workload is told', () => {
    const here = { web: { ...seen('web', 'B'), images: {}, strange: ['container web runs nginx'] } };
    expect(decide(situation({ observed: { here, before: { staging: { web: seen('web', 'B') } } }, state: promoted }))).toMatchObject({
      kind: 'foreignChange',
      because: 'Stage production does not run what was promoted: web: container web runs nginx.',
    });
  });

  it('that the lock has come to name is taken over, and what it replaced is not brought back', () => {
    const decision = decide(
      situation({ here: 'C', before: 'B', state: promoted, workloads: [workload('web', 'C')], stage: { ...production, soak: 0 } }),
    );
    expect(decision).toMatchObject({ kind: 'blocked', by: 'refused' });
    expect(decision.state.workloads.web).toEqual({ current: sets('C').web, previous: sets('B').web });
  });

  it('that puts the previous image back stays, and what it took away is refused', () => {
    const given = { here: 'A', before: 'B', state: promoted, stage: { ...production, soak: 0 } };
    const decision = decide(situation(given));
    expect(decision).toMatchObject({ kind: 'foreignChange', because: expect.stringMatching(/which it ran before/) });
    expect(decision.state.refused).toMatchObject([{ digest: digest('B') }]);
    // It still counts as drift, until somebody decides.
    expect(decision.state.workloads).toEqual(promoted.workloads);
    expect(decide(situation({ ...given, state: decision.state, now: NOW + HOUR })).state).toEqual(decision.state);
  });

  it('that put the previous image back does not hold up the next one', () => {
    const decision = decide(situation({ here: 'A', before: 'C', state: promoted, stage: { ...production, soak: 0 } }));
    expect(decision).toMatchObject({ kind: 'promote', images: sets('C'), state: { intent: { from: sets('A') } } });
  });

  it('that brings what the stage before runs is taken over', () => {
    const decision = decide(situation({ here: 'C', before: 'C', state: promoted }));
    expect(decision).toMatchObject({ kind: 'done', state: { workloads: { web: { current: sets('C').web } } } });
  });
});
