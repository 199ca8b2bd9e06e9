import { describe, expect, it } from 'vitest';
import type { Stage, Verification } from '../../src/policy/policy.js';
import { decide } from '../../src/promotion/decide.js';
import { runSeconds } from '../../src/promotion/run.js';
import type { Situation } from '../../src/promotion/situation.js';
import type { Check, Outcome } from '../../src/promotion/state.js';
import { storyOf } from '../../src/promotion/story.js';
import { verificationsOf } from '../../src/promotion/verification.js';
import { policy } from '../rules/storefront.js';
import {
  at,
  complete,
  digest,
  intent,
  MINUTE,
  NOW,
  observed,
  production,
  progressing,
  SECOND,
  seen,
  sets,
  situation,
  state,
  workload,
} from './support.js';

const http: Verification = { kind: 'http', url: 'http://web/', status: 200 };
const prometheus: Verification = {
  kind: 'prometheus',
  server: 'http://p',
  query: 'errors',
  holds: { comparison: '<', value: 1 },
  for: 5 * MINUTE,
};
const job: Verification = { kind: 'job', pod: { containers: [{ name: 'check', image: 'check@sha256:1' }] } };

const holds: Outcome = { result: 'holds', why: 'it answered 200' };
const fails: Outcome = { result: 'fails', why: 'it answered 500' };
const unknown: Outcome = { result: 'unknown', why: 'it says nothing' };
const check = (outcome: Outcome, changes: Partial<Check> = {}): Check => ({ ...outcome, since: at(NOW), at: at(NOW), ...changes });

interface Given {
  readonly verify: readonly Verification[];
  readonly checks?: readonly Check[];
  /** Of this look. @default none was looked at */
  readonly said?: readonly Outcome[];
  readonly startedAt?: number;
  readonly changes?: Partial<Situation>;
}

/** Production runs B, its rollout is complete, and verification stands as given. */
function verifying({ verify, checks, said = [], startedAt = NOW - MINUTE, changes = {} }: Given): Situation {
  const stage: Stage = { ...production, verify };
  const keys = Object.keys(verificationsOf({ policy, stage, workloads: [] }));
  const byKey = <T>(list: readonly T[]) => Object.fromEntries(list.map((each, index) => [keys[index]!, each]));
  const known = checks === undefined ? {} : { verification: { startedAt: at(startedAt), checks: byKey(checks) } };
  return situation({
    stage,
    state: state({ step: 'verifying', intent: intent(known) }),
    observed: observed('B'),
    outcomes: byKey(said),
    ...changes,
  });
}

const cases: readonly (Given & { readonly when: string; readonly says: RegExp })[] = [
  {
    when: 'nothing was looked at',
    verify: [http],
    says: /^verifying, until 2026-11-21T12:10:00.000Z at the latest: http has not been asked yet/,
  },
  { when: 'a request is answered as it should be', verify: [http], said: [holds], says: /^promoted: .* It is verified: it answered 200\./ },
  { when: 'a request is not, for the first time', verify: [http], said: [fails], says: /^verifying/ },
  {
    when: 'a request is not, for ten seconds',
    verify: [http],
    checks: [check(fails, { since: at(NOW - 10 * SECOND) })],
    said: [fails],
    says: /^roll back: The verification of web:1\.4\.1 .* in production failed: it answered 500\./,
  },
  {
    when: 'a request was not, and is now',
    verify: [http],
    checks: [check(fails, { since: at(NOW - 9 * SECOND) })],
    said: [holds],
    says: /^promoted/,
  },
  { when: 'a Job runs', verify: [job], said: [unknown], says: /^verifying, .*it says nothing/ },
  { when: 'a Job has succeeded', verify: [job], said: [holds], says: /^promoted/ },
  { when: 'a Job has failed', verify: [job], said: [fails], says: /^roll back/ },
  {
    when: 'Prometheus agrees for the first time',
    verify: [prometheus],
    said: [holds],
    says: /^verifying, .*it answered 200, since 2026-11-21T12:00:00.000Z and for 5m/,
  },
  {
    when: 'Prometheus has agreed for as long as it must',
    verify: [prometheus],
    checks: [check(holds, { since: at(NOW - 5 * MINUTE), at: at(NOW - 10 * SECOND) })],
    said: [holds],
    says: /^promoted/,
  },
  {
    when: 'nobody looked at Prometheus for a while',
    verify: [prometheus],
    checks: [check(holds, { since: at(NOW - 5 * MINUTE), at: at(NOW - 61 * SECOND) })],
    said: [holds],
    says: /^verifying/,
  },
  {
    when: 'Prometheus disagrees once',
    verify: [prometheus],
    checks: [check(holds, { since: at(NOW - 4 * MINUTE), at: at(NOW - 10 * SECOND) })],
    said: [fails],
    says: /^roll back/,
  },
  { when: 'Prometheus has no data', verify: [prometheus], said: [unknown], says: /^verifying/ },
  {
    when: 'Prometheus has had no data until the end',
    verify: [prometheus],
    checks: [check(unknown, { since: at(NOW - 15 * MINUTE), at: at(NOW - 10 * SECOND) })],
    startedAt: NOW - 15 * MINUTE,
    said: [unknown],
    says: /^roll back: The verification of .* failed: inconclusive until 2026-11-21T12:00:00.000Z: it says nothing\./,
  },
  {
    when: 'a Job runs until the end',
    verify: [job],
    checks: [check(unknown)],
    startedAt: NOW - 10 * MINUTE,
    said: [unknown],
    says: /^roll back: .*inconclusive/,
  },
  { when: 'one holds and another does not', verify: [http, job], said: [holds, fails], says: /^roll back/ },
  { when: 'one holds and another is not known', verify: [http, job], said: [holds, unknown], says: /^verifying/ },
  { when: 'both hold', verify: [http, job], said: [holds, holds], says: /^promoted/ },
  {
    when: 'nothing is put back by itself',
    verify: [job],
    said: [fails],
    changes: { policy: { ...policy, rollout: { ...policy.rollout, autoRollback: false } } },
    says: /^blocked: The verification of .*autoRollback is false/,
  },
  {
    when: 'a pod fails meanwhile',
    verify: [http],
    checks: [check(holds)],
    changes: { observed: observed('B', progressing) },
    says: /^rolling out, until 2026-11-21T12:09:15.000Z/,
  },
];

describe('what verification means for a promotion', () => {
  it.each(cases)('when $when', ({ says, ...given }) => {
    expect(storyOf(decide(verifying(given))).join(' ')).toMatch(says);
  });

  it('asks again what is open, and Prometheus every ten seconds', () => {
    const asked = (given: Given) => {
      const decision = decide(verifying(given));
      return decision.kind === 'verify' ? decision.ask : decision.kind;
    };
    expect(asked({ verify: [http, job], checks: [check(holds), check(unknown)] })).toHaveLength(1);
    expect(asked({ verify: [prometheus], checks: [check(holds, { at: at(NOW - 9 * SECOND) })] })).toEqual([]);
    expect(asked({ verify: [prometheus], checks: [check(holds, { at: at(NOW - 10 * SECOND) })] })).toHaveLength(1);
  });

  it('is kept in the intent, and written only when it says something new', () => {
    const first = decide(verifying({ verify: [job], said: [unknown] })).state;
    expect(first.intent?.verification).toMatchObject({ startedAt: at(NOW), checks: expect.any(Object) });
    const later = decide({ ...verifying({ verify: [job], said: [unknown] }), state: first, now: NOW + MINUTE });
    expect(later.state).toEqual(first);
  });

  it('refuses the digests of all workloads, and puts all of them back', () => {
    const two = {
      workloads: [workload('web', 'A'), workload('api', 'X')],
      observed: { here: { web: seen('web', 'B'), api: seen('api', 'Y') }, before: {} },
      state: state({ step: 'verifying', intent: intent({ from: sets('A', 'X'), to: sets('B', 'Y') }) }),
    };
    const decision = decide(verifying({ verify: [job], said: [fails], changes: two }));
    expect(decision).toMatchObject({ kind: 'rollBack', images: sets('A', 'X'), state: { step: 'rollingBack' } });
    expect(decision.state.refused.map((each) => each.digest)).toEqual([digest('B'), digest('Y')]);
  });

  it('is left to whoever does not look, and to Argo Rollouts', () => {
    const { outcomes: _, ...blind } = verifying({ verify: [job] });
    expect(decide(blind).kind).toBe('record');
    const canary = { ...policy, rollout: { ...policy.rollout, strategy: 'canary' as const } };
    const rollout = { ...workload('web', 'A'), kind: 'Rollout' as const };
    expect(decide(verifying({ verify: [job], changes: { policy: canary, workloads: [rollout] } })).kind).toBe('record');
    expect(decide(verifying({ verify: [job], changes: { policy: canary } })).kind).toBe('verify');
  });

  it('takes as long as what it verifies, and a rollout more', () => {
    const { rollout } = policy;
    expect(runSeconds(rollout, { verify: [prometheus, http] }) - runSeconds(rollout, {})).toBe(5 * 60 + 10 * 60);
  });
});

describe('verification of what others roll out', () => {
  const watching = { ...policy, rollout: { ...policy.rollout, autoRollback: 'watch' as const } };
  const first: Stage = { ...production, after: [], verify: [job] };
  const given = (changes: Partial<Situation> = {}) =>
    situation({
      policy: watching,
      stage: first,
      workloads: [workload('web', 'B')],
      observed: observed('B', complete()),
      outcomes: {},
      ...changes,
    });
  const outcomes = (outcome: Outcome) => ({ [Object.keys(verificationsOf(given()))[0]!]: outcome });

  it('begins once a rollout is complete, and ends with a record', () => {
    const begun = decide(given());
    expect(begun).toMatchObject({ kind: 'verify', state: { step: 'verifying', intent: { watched: true } } });
    const held = decide(given({ state: begun.state, outcomes: outcomes(holds) }));
    expect(held).toMatchObject({
      kind: 'done',
      state: { step: 'idle', workloads: { web: { current: sets('B').web } }, history: [{ what: 'deployed' }] },
    });
    expect(decide(given({ state: held.state })).kind).toBe('done');
  });

  it('puts back what fails, and refuses it', () => {
    const begun = decide(given());
    const failed = decide(given({ state: begun.state, outcomes: outcomes(fails) }));
    expect(failed).toMatchObject({ kind: 'rollBack', images: sets('A'), state: { refused: [{ digest: digest('B') }] } });
  });
});
