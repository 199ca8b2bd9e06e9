import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import { dueImages } from '../../src/promotion/order.js';
import { inPlace } from '../../src/promotion/record.js';
import { runSeconds } from '../../src/promotion/run.js';
import type { Situation } from '../../src/promotion/situation.js';
import { storyOf } from '../../src/promotion/story.js';
import { policy } from '../rules/storefront.js';
import {
  at,
  complete,
  digest,
  intent,
  NOW,
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

/** api moves first, web follows. */
const workloads = [
  { ...workload('web', 'A'), order: 2 },
  { ...workload('api', 'X'), order: 1 },
];
const stage = { ...production, soak: 0 };
const ordered = (here: readonly [string, string], changes: Partial<Situation> = {}): Situation =>
  situation({ ...two(here, ['B', 'Y']), workloads, stage, ...changes });
const moving = (turn: number, step: 'rolling' | 'verifying' | 'rollingBack' = 'verifying', changes = {}) =>
  state({ step, intent: intent({ from: sets('A', 'X'), to: sets('B', 'Y'), turn, ...changes }) });
const says = (given: Situation) => storyOf(decide(given)).join(' ');

describe('workloads that move in an order', () => {
  it('begin with the first, and are recorded when the last is healthy', () => {
    const first = decide(ordered(['A', 'X']));
    expect(first).toMatchObject({ kind: 'promote', images: sets('B', 'Y'), state: { step: 'rolling', intent: { turn: 1 } } });
    expect(dueImages(sets('B', 'Y'), first.state.intent!, workloads)).toEqual({ api: sets('B', 'Y').api });
    const second = decide(ordered(['A', 'Y'], { state: inPlace(first.state) }));
    expect(second).toMatchObject({
      kind: 'resume',
      because: 'api is healthy. Now it is the turn of web.',
      state: { step: 'rolling', intent: { turn: 2, attempt: 1, startedAt: at(NOW) } },
    });
    expect(dueImages(sets('B', 'Y'), second.state.intent!, workloads)).toEqual(sets('B', 'Y'));
    const last = decide(ordered(['B', 'Y'], { state: inPlace(second.state) }));
    expect(last).toMatchObject({ kind: 'record', outcome: 'promoted', state: { workloads: { web: { current: sets('B').web } } } });
  });

  it.each([
    ['the first is not yet healthy', { api: progressing }, ['A', 'Y'], moving(1), /^rolling out, .*api: 1 of 2/],
    ['the one whose turn has not come is not', { web: progressing }, ['A', 'Y'], moving(1), /^resume: api is healthy/],
    [
      'a run was cut off before the second moved',
      {},
      ['A', 'Y'],
      moving(2, 'rolling'),
      /^resume: An earlier run was cut off when api had moved and web had not/,
    ],
    ['a run was cut off before anything moved', {}, ['A', 'X'], moving(1, 'rolling'), /^promote:/],
    [
      'the second fails',
      { web: { phase: 'stuck', why: 'no progress', since: NOW } },
      ['B', 'Y'],
      moving(2),
      /^roll back: .*web: no progress/,
    ],
    ['somebody puts the first back', {}, ['B', 'X'], moving(2), /^changed by somebody else/],
    ['old images are being put back', {}, ['A', 'Y'], moving(2, 'rollingBack'), /^roll back: .*cut off before api/],
  ] as const)('go on rightly when %s', (_, ill, [web, api], given, expected) => {
    const before = { staging: { web: seen('web', 'B'), api: seen('api', 'Y') } };
    const here = { web: seen('web', web, 'web' in ill ? ill.web : complete()), api: seen('api', api, 'api' in ill ? ill.api : complete()) };
    expect(says(ordered([web, api], { state: given, observed: { here, before } }))).toMatch(expected);
  });

  it('all go back where the first fails, and what was not its turn is not to blame', () => {
    const here = { web: seen('web', 'A', progressing), api: seen('api', 'Y', progressing) };
    const decision = decide(ordered(['A', 'Y'], { state: moving(1, 'verifying', overtime), observed: { here, before: {} } }));
    expect(decision).toMatchObject({ kind: 'rollBack', images: sets('A', 'X') });
    expect(decision.state.refused.map((each) => each.digest)).toEqual([digest('Y')]);
  });

  it('move at once where none that changes has another order', () => {
    expect(decide(situation({ ...two(['A', 'X'], ['B', 'Y']), stage })).state.intent).not.toHaveProperty('turn');
    expect(decide(ordered(['A', 'Y'])).state.intent).not.toHaveProperty('turn');
  });

  it('are given the time of a rollout each', () => {
    expect(runSeconds(policy.rollout, {}, 3) - runSeconds(policy.rollout, {})).toBe(2 * 615);
  });
});
