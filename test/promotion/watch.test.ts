import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import type { ObservedStage, Situation } from '../../src/promotion/situation.js';
import type { Intent, PromotionState, Refused } from '../../src/promotion/state.js';
import { storyOf } from '../../src/promotion/story.js';
import {
  at,
  complete,
  digest,
  HOUR,
  intent,
  MINUTE,
  NOW,
  overtime,
  pass,
  progressing,
  REFERENCE,
  seen,
  sets,
  situation,
  staging,
  state,
  verdicts,
  workload,
} from './support.js';

const document = situation().policy;
const policy = { ...document, rollout: { ...document.rollout, autoRollback: 'watch' as const } };
const { progressDeadline } = policy.rollout;
const slack = 15_000;

interface Given extends Partial<Situation> {
  readonly here: ObservedStage;
  /** What the lock names, by letter. @default what staging runs is B */
  readonly locked?: string;
}

/** Staging, which comes after none: it was last healthy with A. */
const watched = ({ here, locked = 'B', ...rest }: Given): Situation => ({
  ...situation(),
  policy,
  stage: staging,
  workloads: [workload('web', locked)],
  observed: { here, before: {} },
  verdicts: {},
  ...rest,
});

const web = (letter: string, rollout = complete()): ObservedStage => ({ web: seen('web', letter, rollout) });
const stuck = (since = NOW - MINUTE) => ({ phase: 'stuck', why: '1 of 2 replicas are updated', since }) as const;
const refusal: Refused = {
  digest: digest('B'),
  reason: 'It failed.',
  at: at(NOW - HOUR),
  locked: { reference: REFERENCE.web, digest: digest('B') },
};
const under = (changes: Partial<Intent> = {}, step: PromotionState['step'] = 'verifying'): PromotionState =>
  state({ step, intent: intent({ watched: true, ...changes }) });

interface Case {
  readonly when: string;
  readonly given: Situation;
  readonly says: RegExp;
  readonly state?: object;
  readonly without?: readonly (keyof PromotionState)[];
}

const cases: readonly Case[] = [
  {
    when: 'nothing is known, and what runs is healthy',
    given: watched({ here: web('A'), state: state({ workloads: {} }) }),
    says: /^done: Stage staging runs web:1\.4\.0 .*, and every replica is available/,
    state: { step: 'idle', workloads: { web: { current: sets('A').web } }, history: [] },
  },
  {
    when: 'nothing is known, and what runs is not healthy',
    given: watched({ here: web('A', progressing), state: state({ workloads: {} }) }),
    says: /^wait: .*or it never was: web: 1 of 2 replicas are available/,
    state: { workloads: {} },
  },
  {
    when: 'what was healthy is not any more',
    given: watched({ here: web('A', stuck()) }),
    says: /^wait: Nobody changed an image of stage staging/,
    without: ['intent'],
  },
  {
    when: 'somebody rolls another image out',
    given: watched({ here: web('B', progressing) }),
    says: /^rolling out, until .*: Somebody moved staging from web:1\.4\.0 .* to web:1\.4\.1 .*: web: 1 of 2 replicas are available/,
    state: { step: 'verifying', intent: { watched: true, from: sets('A'), to: sets('B'), startedAt: at(NOW), attempt: 1 } },
  },
  {
    when: 'Kubernetes gave up on it before it was looked at',
    given: watched({ here: web('B', stuck(NOW - HOUR)) }),
    says: /^rolling out/,
    state: { intent: { startedAt: at(NOW - HOUR) } },
  },
  {
    when: 'it is healthy when it is looked at',
    given: watched({ here: web('B') }),
    says: /^done: Stage staging runs web:1\.4\.1/,
    state: {
      workloads: { web: { current: sets('B').web, previous: sets('A').web } },
      history: [{ what: 'deployed', from: sets('A'), to: sets('B') }],
    },
  },
  {
    when: 'what is watched is not through',
    given: watched({ here: web('B', progressing), state: under() }),
    says: /^rolling out, until .* web: 1 of 2 replicas are available/,
  },
  {
    when: 'what is watched has come to its end',
    given: watched({ here: web('B'), state: under() }),
    says: /^decided afresh: Stage staging runs web:1\.4\.1/,
    state: { step: 'idle', workloads: { web: { current: sets('A').web } } },
    without: ['intent'],
  },
  {
    when: 'Kubernetes gives up on what is watched',
    given: watched({ here: web('B', stuck(NOW)), state: under() }),
    says: /^roll back: The rollout of web:1\.4\.1 .* in staging failed: web: 1 of 2 replicas are updated/,
    state: { step: 'rollingBack', refused: [{ digest: digest('B'), locked: { reference: REFERENCE.web, digest: digest('B') } }] },
  },
  {
    when: 'what is watched passes the deadline',
    given: watched({ here: web('B', progressing), state: under(overtime) }),
    says: /^roll back: The rollout of web:1\.4\.1/,
    state: { step: 'rollingBack' },
  },
  {
    when: 'what is watched goes on at somebody else’s pace, past the deadline',
    given: watched({ here: web('B', { phase: 'paused', why: 'its partition is 1' }), state: under(overtime) }),
    says: /^wait: web: its partition is 1/,
    state: { step: 'verifying', intent: { startedAt: at(NOW) } },
  },
  {
    when: 'somebody moves on to a third image meanwhile',
    given: watched({ here: web('C', progressing), state: under() }),
    says: /^decided afresh: Somebody moved stage staging on/,
    without: ['intent'],
  },
  {
    when: 'somebody puts the old image back meanwhile',
    given: watched({ here: web('A', progressing), state: under() }),
    says: /^decided afresh/,
    state: { refused: [] },
    without: ['intent'],
  },
  {
    when: 'the policy watches no more',
    given: watched({ here: web('B', progressing), state: under(), policy: document }),
    says: /^decided afresh/,
    without: ['intent'],
  },
  {
    when: 'the old images are back, not yet healthy',
    given: watched({ here: web('A', progressing), state: under({}, 'rollingBack') }),
    says: /^rolling out, until .* the old images are back in place/,
  },
  {
    when: 'the old images are back and healthy',
    given: watched({
      here: web('A'),
      state: { ...under({}, 'rollingBack'), refused: [refusal], lastError: { message: 'It failed.', at: at(NOW) } },
    }),
    says: /^rolled back: Stage staging runs web:1\.4\.0 .* again/,
    state: { step: 'idle', refused: [refusal], history: [{ what: 'rolledBack', why: 'It failed.', from: sets('B'), to: sets('A') }] },
    without: ['intent'],
  },
  {
    when: 'somebody puts the refused image in place again',
    given: watched({ here: web('B', progressing), state: state({ refused: [refusal] }) }),
    says: /^roll back: Somebody moved staging from web:1\.4\.0 .* to web:1\.4\.1 .*, which was refused on .*It failed/,
    state: { step: 'rollingBack', intent: { watched: true, from: sets('A'), to: sets('B') } },
  },
  {
    when: 'somebody puts it in place during the rollback',
    given: watched({ here: web('B', progressing), state: { ...under({}, 'rollingBack'), refused: [refusal] } }),
    says: /^roll back: web:1\.4\.1 .* is in place again in staging/,
    state: { intent: { attempt: 2 } },
  },
  {
    when: 'somebody does so without end',
    given: watched({ here: web('B', progressing), state: { ...under({ attempt: 5 }, 'rollingBack'), refused: [refusal] } }),
    says: /^blocked: Somebody goes on putting web:1\.4\.1 .* in place in staging.*pause the tool that applies them/,
    state: { step: 'idle', refused: [refusal] },
    without: ['intent'],
  },
  {
    when: 'the lock names another image, and that is rolled out',
    given: watched({ here: web('C', progressing), locked: 'C', state: state({ refused: [refusal] }) }),
    says: /^rolling out/,
    state: { refused: [], intent: { to: sets('C') } },
  },
  {
    when: 'the lock has named another image, and names the refused one anew',
    given: watched({
      here: web('B', progressing),
      state: state({ refused: [{ ...refusal, locked: { reference: REFERENCE.web, digest: digest('C') } }] }),
    }),
    says: /^rolling out/,
    state: { refused: [], intent: { to: sets('B') } },
  },
  {
    when: 'the image has no digest',
    given: watched({ here: { web: { images: {}, strange: ['container web runs nginx, without a digest'], rollout: progressing } } }),
    says: /^changed by somebody else: Stage staging runs what cannot be watched: web: container web runs nginx/,
  },
];

describe('a stage that is only watched', () => {
  it.each(cases)('when $when', ({ given, says, state: expected = {}, without = [] }) => {
    const decision = decide(given);
    expect(storyOf(decision).join(' ')).toMatch(says);
    expect(decision.state).toMatchObject(expected);
    for (const field of without) expect(decision.state).not.toHaveProperty(field);
  });

  it('lets a rollout have the whole deadline', () => {
    const decision = decide(watched({ here: web('B', progressing) }));
    expect(decision).toMatchObject({ kind: 'verify', until: NOW + progressDeadline + slack });
  });

  it('puts back all that was changed together, and refuses what failed', () => {
    const workloads = [workload('web', 'B'), workload('api', 'Y')];
    const known = { web: { current: sets('A').web ?? {} }, api: { current: sets('A', 'X').api ?? {} } };
    const begun = decide(
      watched({ here: { web: seen('web', 'B'), api: seen('api', 'Y', progressing) }, workloads, state: state({ workloads: known }) }),
    );
    const failed = decide(watched({ here: { web: seen('web', 'B'), api: seen('api', 'Y', stuck(NOW)) }, workloads, state: begun.state }));
    expect(failed).toMatchObject({ kind: 'rollBack', images: sets('A', 'X') });
    expect(failed.state.refused.map((each) => each.digest)).toEqual([digest('Y')]);
  });

  it('leaves alone what was not changed', () => {
    const workloads = [workload('web', 'B'), workload('api', 'X')];
    const known = { web: { current: sets('A').web ?? {} }, api: { current: sets('A', 'X').api ?? {} } };
    const here = { web: seen('web', 'B', stuck(NOW)), api: seen('api', 'X', progressing) };
    const begun = decide(watched({ here, workloads, state: state({ workloads: known }) }));
    expect(decide(watched({ here, workloads, state: begun.state }))).toMatchObject({ kind: 'rollBack', images: sets('A') });
  });

  it('knows what was healthy under a reference that the version is part of', () => {
    const [found] = workload('web', 'B').images;
    const reference = 'ghcr.io/acme/web:1.4.1';
    const workloads = [{ ...workload('web', 'B'), images: found === undefined ? [] : [{ ...found, reference }] }];
    const here = { web: { images: { [reference]: { tag: '1.4.1', digest: digest('B') } }, strange: [], rollout: stuck(NOW) } };
    const begun = decide(watched({ here, workloads }));
    expect(decide(watched({ here, workloads, state: begun.state }))).toMatchObject({
      kind: 'rollBack',
      images: { web: { [reference]: { tag: '1.4.0', digest: digest('A') } } },
    });
  });

  it('tells once of what is put back again and again', () => {
    const given = watched({ here: web('A'), state: { ...under({}, 'rollingBack'), lastError: { message: 'Again.', at: at(NOW) } } });
    const once = decide(given).state;
    const twice = decide({ ...given, state: { ...given.state, history: once.history } }).state;
    expect(twice.history).toEqual(once.history);
  });
});

describe('a stage that is promoted to, and watched', () => {
  const production = (changes: Partial<Situation>): Situation => ({
    ...situation({ before: 'A' }),
    policy,
    verdicts: verdicts({ A: pass }),
    ...changes,
  });
  const here = (letter: string, rollout = complete()) => ({ here: web(letter, rollout), before: { staging: { web: seen('web', 'A') } } });

  it('watches what somebody else begins', () => {
    const decision = decide(production({ observed: here('C', progressing) }));
    expect(decision).toMatchObject({ kind: 'verify', state: { intent: { watched: true, from: sets('A'), to: sets('C') } } });
  });

  it('tells of it, as ever, once it is healthy', () => {
    expect(decide(production({ observed: here('C') }))).toMatchObject({
      kind: 'foreignChange',
      state: { workloads: { web: { current: sets('A').web } } },
    });
  });

  it('keeps a refusal of what the stages before never ran, and the candidate that waits', () => {
    const refused = [{ ...refusal, digest: digest('C'), locked: { reference: REFERENCE.web, digest: digest('A') } }];
    const done = decide(production({ observed: here('A'), state: state({ refused }) }));
    expect(done).toMatchObject({ kind: 'done', state: { refused } });
    expect(decide(production({ observed: here('C'), state: done.state }))).toMatchObject({ kind: 'rollBack', images: sets('A') });
    const candidate = { digests: sets('B'), from: 'staging', seenAt: at(NOW), healthyMs: 5 };
    const back = under({ to: sets('C') }, 'rollingBack');
    expect(decide(production({ observed: here('A'), state: { ...back, candidate } })).state.candidate).toEqual(candidate);
  });

  it('goes on with promotions', () => {
    expect(decide({ ...situation(), policy }).kind).toBe('wait');
  });
});
