import { describe, expect, it } from 'vitest';
import { ENGINE_NAMES, ENGINES, type EngineName, enginesThat } from '../../../src/policy/engines.js';
import { decide } from '../../../src/promotion/decide.js';
import { PROMOTION_ENGINES } from '../../../src/promotion/engines/engines.js';
import { proposalOf } from '../../../src/promotion/engines/propose.js';
import type { Situation } from '../../../src/promotion/situation.js';
import { policy } from '../../rules/storefront.js';
import {
  at,
  candidate,
  complete,
  digest,
  fail,
  HOUR,
  NOW,
  pass,
  production,
  progressing,
  REFERENCE,
  seen,
  sets,
  situation,
  state,
  two,
  unknown,
  verdicts,
} from '../support.js';

/** What an engine does in a situation: what kind of answer, and which digests it would put where. */
interface Done {
  readonly kind: string;
  readonly moves: Readonly<Record<string, string>>;
}

const ENGINE: Readonly<Record<EngineName, (situation: Situation) => Done>> = {
  jobs: (given) => {
    const decision = decide(given);
    const wanted = decision.kind === 'promote' ? Object.values(decision.images).flatMap((images) => Object.entries(images)) : [];
    const runs = Object.values(given.observed.here).flatMap(({ images }) => Object.entries(images));
    const moved = wanted.filter(([reference, image]) => !runs.some(([other, now]) => other === reference && now.digest === image.digest));
    return { kind: decision.kind, moves: Object.fromEntries(moved.map(([reference, image]) => [reference, image.digest])) };
  },
  'github-actions': byRequest,
  'gitlab-ci': byRequest,
};

function byRequest(given: Situation): Done {
  const { decision, changes } = proposalOf(given);
  return { kind: decision.kind, moves: Object.fromEntries(changes.map(({ reference, to }) => [reference, to.digest])) };
}

const soaked = { healthyMs: 48 * HOUR };
const ready = (changes: Parameters<typeof situation>[0] = {}) =>
  situation({ state: state({ candidate: candidate('B', soaked) }), ...changes });
const exploited = { ...pass, cures: 'CVE-2026-1' };
const nightly = {
  ...production,
  windows: [{ kind: 'allow', schedule: '0 22 * * *', duration: 6 * HOUR, timeZone: 'UTC', cutoff: 0 }],
} as const;
const web = (letter: string) => ({ [REFERENCE.web]: digest(letter) });

describe.each(ENGINE_NAMES)('with the engine %s', (engine) => {
  it.each<[string, Situation, string, Readonly<Record<string, string>>]>([
    ['nothing new is nothing to do', situation({ before: 'A' }), 'done', {}],
    ['what is new begins to soak', situation(), 'wait', {}],
    ['what soaks goes on', situation({ state: state({ candidate: candidate('B', { healthyMs: 47 * HOUR }) }) }), 'wait', {}],
    ['what has soaked moves', ready(), 'promote', web('B')],
    [
      'the healthy time since the last look counts',
      situation({ state: state({ candidate: candidate('B', { healthyMs: 48 * HOUR - 60_000 }) }) }),
      'promote',
      web('B'),
    ],
    [
      'of a pod that failed meanwhile it does not',
      situation({
        state: state({ candidate: candidate('B', { healthyMs: 48 * HOUR - 60_000 }) }),
        observed: { here: { web: seen('web', 'A') }, before: { staging: { web: seen('web', 'B', complete(NOW - 1000)) } } },
      }),
      'wait',
      {},
    ],
    [
      'what is not healthy before waits',
      ready({ observed: { here: { web: seen('web', 'A') }, before: { staging: { web: seen('web', 'B', progressing) } } } }),
      'wait',
      {},
    ],
    ['a newer image does not starve one that has soaked', ready({ before: 'C' }), 'promote', web('B')],
    [
      'one that cures an exploited finding displaces it',
      ready({ before: 'C', verdicts: verdicts({ A: pass, B: pass, C: { ...pass, curesCandidate: 'CVE-2026-1' } }) }),
      'wait',
      {},
    ],
    ['a closed gate blocks', ready({ verdicts: verdicts({ A: pass, B: fail }) }), 'blocked', {}],
    ['so does missing evidence', ready({ verdicts: verdicts({ A: pass, B: unknown }) }), 'blocked', {}],
    ['an improvement passes', ready({ verdicts: verdicts({ A: fail, B: { ...fail, improves: true } }) }), 'promote', web('B')],
    ['a closed window waits', ready({ stage: nightly }), 'wait', {}],
    ['an open one does not', ready({ stage: nightly, now: NOW + 11 * HOUR }), 'promote', web('B')],
    [
      'an exploited finding passes soak and window',
      situation({
        stage: nightly,
        verdicts: verdicts({ A: pass, B: exploited }),
        policy: { ...policy, gate: { ...policy.gate, exploited: { skipSoak: true, bypassWindows: true } } },
      }),
      'promote',
      web('B'),
    ],
    [
      'and does not where the policy does not say so',
      situation({
        verdicts: verdicts({ A: pass, B: exploited }),
        policy: { ...policy, gate: { ...policy.gate, exploited: { skipSoak: false, bypassWindows: false } } },
      }),
      'wait',
      {},
    ],
    [
      'what was refused is not tried again',
      ready({
        state: state({ candidate: candidate('B', soaked), refused: [{ digest: digest('B'), reason: 'It failed.', at: at(NOW - HOUR) }] }),
      }),
      'blocked',
      {},
    ],
    [
      'a stage at work is left to it',
      ready({ observed: { here: { web: seen('web', 'A', progressing) }, before: { staging: { web: seen('web', 'B') } } } }),
      'wait',
      {},
    ],
    ['what cannot be told is told', situation({ observed: { here: { web: seen('web', 'A') }, before: { staging: {} } } }), 'blocked', {}],
    ['a workload that is missing blocks', ready({ observed: { here: {}, before: { staging: { web: seen('web', 'B') } } } }), 'blocked', {}],
    [
      'all workloads move together',
      situation({
        ...two(['A', 'X'], ['B', 'Y']),
        state: state({
          workloads: { web: { current: sets('A', 'X').web! }, api: { current: sets('A', 'X').api! } },
          candidate: candidate('B', { ...soaked, digests: sets('B', 'Y') }),
        }),
      }),
      'promote',
      { ...web('B'), [REFERENCE.api]: digest('Y') },
    ],
  ])('%s', (_, given, kind, moves) => expect(ENGINE[engine](given)).toEqual({ kind, moves }));

  it('has its own file, whose capabilities the policy knows', () => {
    expect(PROMOTION_ENGINES[engine]).toMatchObject({ name: engine, capabilities: ENGINES[engine] });
  });
});

describe('an approval that a stage asks for', () => {
  const asks = ready({ stage: { ...production, approval: 'manual' } });

  it('stands in the way of jobs until somebody gives it', () => {
    expect(ENGINE.jobs({ ...asks, people: { approvals: [] } })).toEqual({ kind: 'blocked', moves: {} });
  });

  it.each(['github-actions', 'gitlab-ci'] as const)('is the review of the request with %s', (engine) => {
    expect(ENGINE[engine](asks)).toEqual({ kind: 'promote', moves: web('B') });
  });
});

describe('what not every engine can do', () => {
  it.each([
    ['reach other clusters', enginesThat(({ otherClusters }) => otherClusters), 'github-actions or gitlab-ci'],
    ['watch what others roll out', enginesThat(({ watch }) => watch), 'jobs'],
    ['move the lock', enginesThat(({ moves }) => moves === 'lock'), 'github-actions or gitlab-ci'],
    ['go back by itself', enginesThat(({ rollback }) => rollback === 'itself'), 'jobs'],
    ['count soak', enginesThat(({ soak }) => soak), 'jobs or github-actions or gitlab-ci'],
    ['keep to windows', enginesThat(({ windows }) => windows), 'jobs or github-actions or gitlab-ci'],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});
