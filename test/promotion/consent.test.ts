import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import { type Approval, approvalKey, type Freeze, type People, readPeople, written } from '../../src/promotion/people.js';
import type { Situation } from '../../src/promotion/situation.js';
import type { PromotionState } from '../../src/promotion/state.js';
import { storyOf } from '../../src/promotion/story.js';
import { at, candidate, digest, HOUR, intent, MINUTE, NOW, observed, production, situation, state } from './support.js';

const DAY = 24 * HOUR;
const yes: Approval = { by: 'alice', at: at(NOW - HOUR), stage: 'production', repository: 'ghcr.io/acme/web', digest: digest('B') };
const freeze: Freeze = { by: 'bob', at: at(NOW - HOUR), reason: 'Black Friday' };
const asking = { ...production, soak: 0, approval: 'manual' } as const;
const people = (...approvals: readonly Approval[]): People => ({ approvals });
const asked = (given: People, changes: Partial<Situation> = {}) => situation({ stage: asking, people: given, ...changes });
const says = (given: Situation) => storyOf(decide(given)).join(' ');
const closed = { ...asking, windows: [{ kind: 'allow', from: at(NOW + HOUR), to: at(NOW + 9 * HOUR), cutoff: 0 }] } as const;

describe('an approval', () => {
  it.each([
    [
      'nobody has given one',
      people(),
      /^blocked: Nobody has approved web:1\.4\.1 \(sha256:626262626262\) for production\. Whoever may approve says yes with: patchway approve --stage production --digest sha256:(62){32}$/,
    ],
    ['there is one', people(yes), /^promote: .*: it ran healthily .*, approved by alice on 2026-11-21T11:00:00.000Z, there are no windows/],
    ['there is one of another digest', people({ ...yes, digest: digest('C') }), /^blocked: .*There are approvals, but of other images/],
    ['there is one of another repository', people({ ...yes, repository: 'ghcr.io/acme/api' }), /^blocked: /],
    ['there is one for another stage', people({ ...yes, stage: 'staging' }), /^blocked: /],
    ['it has just expired', people({ ...yes, at: at(NOW - 7 * DAY) }), /^blocked: /],
    ['it is about to expire', people({ ...yes, at: at(NOW - 7 * DAY + 1) }), /^promote: /],
    ['it is dated ahead', people({ ...yes, at: at(NOW + HOUR) }), /^blocked: /],
    ['its clock is a little fast', people({ ...yes, at: at(NOW + MINUTE) }), /^promote: /],
  ])('counts or does not when %s', (_, given, expected) => {
    expect(says(asked(given))).toMatch(expected);
  });

  it('is waited for at a step of its own', () => {
    expect(decide(asked(people()))).toMatchObject({ kind: 'blocked', by: 'approval', state: { step: 'awaitingApproval' } });
  });

  it('is asked for only after the soak', () => {
    expect(says(asked(people(), { stage: { ...asking, soak: 48 * HOUR } }))).toMatch(/^wait: .* has to soak/);
  });

  it("is nobody's business where the stage asks nobody, or the forge asks", () => {
    expect(says(situation({ stage: { ...production, soak: 0 }, people: people() }))).toMatch(/^promote/);
    expect(says(situation({ stage: asking }))).toMatch(/^promote/);
  });

  it('is recorded once, also where a window has to open first, and with the promotion', () => {
    const first = decide(asked(people(yes), { stage: closed }));
    expect(first).toMatchObject({ kind: 'wait', for: 'window', state: { history: [{ what: 'approved', by: 'alice' }] } });
    const again = decide(asked(people(yes), { stage: closed, state: first.state, now: NOW + MINUTE }));
    expect(again.state.history).toEqual(first.state.history);
    expect(decide(asked(people(yes), { state: again.state })).state.intent).toMatchObject({ by: 'alice' });
  });
});

describe('a freeze', () => {
  const frozen = (given: Freeze, changes: Partial<Situation> = {}) =>
    situation({ stage: { ...production, soak: 0 }, people: { approvals: [], freeze: given }, ...changes });

  it('stops promotions, and says who lets them go on', () => {
    const decision = decide(frozen(freeze));
    expect(storyOf(decision).join(' ')).toBe(
      'blocked: Promotion to production is frozen by bob: Black Friday. Whoever may approve lets it go on: patchway unfreeze --stage production',
    );
    expect(decision).toMatchObject({
      by: 'freeze',
      state: { step: 'frozen', history: [{ what: 'frozen', by: 'bob', why: 'Black Friday' }] },
    });
  });

  it('ends by itself', () => {
    expect(says(frozen({ ...freeze, until: at(NOW + 1) }))).toMatch(
      /^blocked: .* frozen by bob until 2026-11-21T12:00:00.001Z: Black Friday/,
    );
    expect(says(frozen({ ...freeze, until: at(NOW) }))).toMatch(/^promote/);
  });

  it('is recorded when it begins and when it ends, each once', () => {
    const run = (given: PromotionState, held: boolean) =>
      decide(situation({ state: given, people: { approvals: [], ...(held ? { freeze } : {}) } })).state;
    const states = [state()];
    for (const held of [true, true, false, false]) states.push(run(states.at(-1)!, held));
    expect(states.map(({ history }) => history.map(({ what }) => what).join(' '))).toEqual([
      '',
      'frozen',
      'frozen',
      'unfrozen frozen',
      'unfrozen frozen',
    ]);
  });

  it('does not keep time from passing for a soak', () => {
    const given = frozen(freeze, { stage: production, state: state({ candidate: candidate('B', { healthyMs: HOUR }) }) });
    expect(decide(given).state.candidate?.healthyMs).toBe(HOUR + 10 * MINUTE);
  });

  it('leaves alone what is under way, and rollbacks', () => {
    for (const step of ['verifying', 'rollingBack'] as const) {
      const moving = frozen(freeze, { state: state({ step, intent: intent() }), observed: observed('B') });
      expect(says(moving)).toMatch(step === 'verifying' ? /^promoted/ : /^roll back/);
    }
  });

  it('stops what has been intended and not yet begun', () => {
    expect(says(frozen(freeze, { state: state({ step: 'rolling', intent: intent() }) }))).toMatch(/^blocked: .*frozen/);
  });
});

describe('what people write', () => {
  const data = { [approvalKey(yes)]: written(yes), freeze: written({ ...freeze, until: at(NOW) }), other: 'x' };

  it('is read as it was written, the name first', () => {
    expect(readPeople(data)).toEqual({ approvals: [yes], freeze: { ...freeze, until: at(NOW) } });
    for (const text of [written(yes), written(freeze)]) expect(text).toMatch(/^\{"by":"(alice|bob)","at":"/);
    expect(readPeople({})).toEqual({ approvals: [] });
  });

  it.each([
    ['a name written twice', written(yes).replace('}', ',"by":"boss"}')],
    ['spaces', JSON.stringify(yes, null, 1)],
    ['no time', written({ ...yes, at: 'now' })],
    ['a part missing', '{"by":"alice","at":"2026-11-21T11:00:00.000Z"}'],
    ['no JSON', 'yes'],
    ['null', 'null'],
  ])('is no approval with %s', (_, text) => {
    expect(readPeople({ [approvalKey(yes)]: text }).approvals).toEqual([]);
  });

  it('is a freeze whatever it says', () => {
    expect(readPeople({ freeze: 'stop!' }).freeze).toMatchObject({ by: 'somebody', reason: 'stop!' });
  });

  it('has one key for each image', () => {
    const keys = [yes, { ...yes, digest: digest('C') }, { ...yes, repository: 'ghcr.io/acme/api' }].map(approvalKey);
    expect(new Set(keys).size).toBe(3);
    const other: Approval = { ...yes, by: 'bob' };
    expect(approvalKey(other)).toBe(keys[0]);
  });
});
