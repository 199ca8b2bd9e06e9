import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import type { Situation } from '../../src/promotion/situation.js';
import type { PromotionState } from '../../src/promotion/state.js';
import { storyOf } from '../../src/promotion/story.js';
import { at, candidate, digest, HOUR, MINUTE, NOW, production, progressing, seen, sets, situation, state } from './support.js';

const either = { ...production, soak: 0, after: ['europe', 'asia'], oneOf: true } as const;
interface Around {
  readonly europe: string;
  readonly asia: string;
  readonly here?: string;
  readonly ill?: readonly string[];
}

const around = ({ europe, asia, here = 'A', ill = [] }: Around, changes: Partial<Situation> = {}): Situation =>
  situation({
    stage: either,
    observed: {
      here: { web: seen('web', here) },
      before: Object.fromEntries(
        Object.entries({ europe, asia }).map(([name, letter]) => [
          name,
          { web: ill.includes(name) ? seen('web', letter, progressing) : seen('web', letter) },
        ]),
      ),
    },
    ...changes,
  });
const says = (given: Situation) => storyOf(decide(given)).join(' ');
const promotedB: Partial<PromotionState> = { workloads: { web: { current: sets('B').web! } } };

describe('one of several stages before', () => {
  it.each([
    ['the first has something new', { europe: 'B', asia: 'A' }, {}, /^promote: Promoting web:1\.4\.1 .* from europe to production/],
    ['the second has', { europe: 'A', asia: 'B' }, {}, /^promote: .* from asia to/],
    [
      'both have, and the first is not healthy',
      { europe: 'B', asia: 'C', ill: ['europe'] },
      {},
      /^promote: Promoting web:1\.4\.2 .* from asia/,
    ],
    [
      'both have, and neither is healthy',
      { europe: 'B', asia: 'C', ill: ['europe', 'asia'] },
      {},
      /^wait: web:1\.4\.1 .* is not healthy in europe/,
    ],
    ['neither has', { europe: 'A', asia: 'A' }, {}, /^done: Stage production runs what europe or asia runs/],
    [
      'the one of the first was refused',
      { europe: 'B', asia: 'C' },
      { refused: [{ digest: digest('B'), reason: 'It broke.', at: at(NOW) }] },
      /^promote: Promoting web:1\.4\.2/,
    ],
    [
      'only what was refused is new',
      { europe: 'B', asia: 'A' },
      { refused: [{ digest: digest('B'), reason: 'It broke.', at: at(NOW) }] },
      /^blocked: .*Move europe or asia to another image/,
    ],
  ] as const)('is enough when %s', (_, given, known, expected) => {
    expect(says(around(given, { state: state(known) }))).toMatch(expected);
  });

  it('keeps the candidate that it has, whatever the other one moves to', () => {
    const waiting = { candidate: candidate('C', { from: 'asia', healthyMs: HOUR }) };
    const decision = decide(around({ europe: 'B', asia: 'C' }, { state: state(waiting), stage: { ...either, soak: 48 * HOUR } }));
    expect(decision.state.candidate).toMatchObject({ digests: sets('C'), from: 'asia', healthyMs: HOUR + 10 * MINUTE });
  });

  it('never goes back to what the other one ran all along, and takes what it runs later', () => {
    const first = decide(around({ europe: 'B', asia: 'X' }));
    expect(first.state.passedOver).toEqual({ asia: { web: expect.objectContaining({}) } });
    const after = { ...state({ ...promotedB }), passedOver: first.state.passedOver! };
    const done = decide(around({ europe: 'B', asia: 'X', here: 'B' }, { state: after }));
    expect(done).toMatchObject({ kind: 'done', state: { passedOver: first.state.passedOver } });
    expect(says(around({ europe: 'B', asia: 'C', here: 'B' }, { state: done.state }))).toMatch(
      /^promote: Promoting web:1\.4\.2 .* from asia/,
    );
  });

  it('does not forget a refusal while one of them runs the image', () => {
    const refused = [{ digest: digest('B'), reason: 'It broke.', at: at(NOW) }];
    expect(decide(around({ europe: 'B', asia: 'C' }, { state: state({ refused }) })).state.refused).toEqual(refused);
    expect(decide(around({ europe: 'A', asia: 'C' }, { state: state({ refused }) })).state.refused).toEqual([]);
  });
});

describe('a newer image', () => {
  const soaking = { candidate: candidate('B', { healthyMs: HOUR }) };
  it.each([
    ['hold', production, 'B', HOUR + 10 * MINUTE],
    ['restart', { ...production, soakOnNewer: 'restart' as const }, 'C', 0],
  ])('does what the policy says: %s', (_, stage, letter, healthyMs) => {
    expect(decide(situation({ before: 'C', stage, state: state(soaking) })).state.candidate).toMatchObject({
      digests: sets(letter),
      healthyMs,
    });
  });
});
