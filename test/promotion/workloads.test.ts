import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import type { Situation } from '../../src/promotion/situation.js';
import {
  at,
  digest,
  intent,
  NOW,
  observed,
  overtime,
  production,
  progressing,
  seen,
  sets,
  situation,
  state,
  two,
  workload,
} from './support.js';

describe('several workloads', () => {
  const both = { from: sets('A', 'X'), to: sets('B', 'Y') };
  const current = { web: { current: sets('A').web! }, api: { current: sets('A', 'X').api! } };
  const given = (here: readonly [string, string], changes: Partial<Situation['state']>, more: Partial<Situation> = {}) =>
    situation({ ...two(here, ['B', 'Y']), state: state({ workloads: current, ...changes }), ...more });

  it('move together', () => {
    const decision = decide(given(['A', 'X'], {}, { stage: { ...production, soak: 0 } }));
    expect(decision).toMatchObject({ kind: 'promote', images: sets('B', 'Y') });
  });

  it('are finished where one had moved', () => {
    const decision = decide(given(['B', 'X'], { step: 'rolling', intent: intent(both) }));
    expect(decision).toMatchObject({ kind: 'resume', images: sets('B', 'Y'), state: { intent: { attempt: 2, startedAt: at(NOW) } } });
    expect(decision.state.history[0]?.why).toMatch(/web had moved and api had not/);
  });

  it('all go back where they are cut off again and again', () => {
    const decision = decide(given(['B', 'X'], { step: 'rolling', intent: intent({ ...both, attempt: 5 }) }));
    expect(decision).toMatchObject({ kind: 'rollBack', images: sets('A', 'X'), state: { step: 'rollingBack' } });
  });

  it('are not fought over where somebody put one of them back', () => {
    expect(decide(given(['B', 'X'], { step: 'verifying', intent: intent(both) }))).toMatchObject({ kind: 'foreignChange' });
  });

  it('all go back where one fails, and only that one is refused', () => {
    const decision = decide(
      given(
        ['B', 'Y'],
        { step: 'verifying', intent: intent({ ...both, ...overtime }) },
        {
          observed: { here: { web: seen('web', 'B', progressing), api: seen('api', 'Y') }, before: {} },
        },
      ),
    );
    expect(decision).toMatchObject({ kind: 'rollBack', images: sets('A', 'X') });
    expect(decision.state.refused.map((entry) => entry.digest)).toEqual([digest('B')]);
  });

  it('that the configuration has lost are left alone', () => {
    const decision = decide(
      given(['B', 'Y'], { step: 'verifying', intent: intent(both) }, { workloads: [workload('web', 'A')], observed: observed('B') }),
    );
    expect(decision).toMatchObject({ kind: 'record', outcome: 'promoted' });
  });

  it('that are new are taken as they are', () => {
    const decision = decide(situation({ ...two(['A', 'X'], ['A', 'X']), state: state() }));
    expect(decision).toMatchObject({ kind: 'done', state: { workloads: current } });
  });
});
