import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import type { Stage } from '../../src/policy/policy.js';
import type { ObservedWorkload } from '../../src/promotion/observe.js';
import { emptyState } from '../../src/promotion/parse-state.js';
import type { Rollout } from '../../src/promotion/progress/status.js';
import { type Judgement, judgementKey, type Situation } from '../../src/promotion/situation.js';
import type { Candidate, Intent, PromotionState, WorkloadImages } from '../../src/promotion/state.js';
import { policy as document, staging as plainStaging } from '../rules/storefront.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const NOW = Date.parse('2026-11-21T12:00:00Z');
export const at = (ms: number) => new Date(ms).toISOString();

/** Images by one letter: A and B of web, X and Y of api. */
export const REFERENCE = { web: 'ghcr.io/acme/web:1.4', api: 'ghcr.io/acme/api:2' } as const;
export const digest = (letter: string) => `sha256:${letter.toLowerCase().charCodeAt(0).toString(16).repeat(32)}`;
export const image = (letter: string) => ({ tag: `1.4.${letter.toLowerCase().charCodeAt(0) - 97}`, digest: digest(letter) });

/** `sets('A', 'X')`: web runs A, api runs X. */
export function sets(web: string, api?: string): WorkloadImages {
  return {
    web: { [REFERENCE.web]: image(web) },
    ...(api === undefined ? {} : { api: { [REFERENCE.api]: image(api) } }),
  };
}

export function workload(name: 'web' | 'api', locked: string): WorkloadSummary {
  const reference = REFERENCE[name];
  const repository = reference.slice(0, reference.lastIndexOf(':'));
  return {
    kind: 'Deployment',
    name,
    images: [{ container: name, init: false, reference, repository, ...image(locked), releasedAt: '2026-10-02T07:00:00Z' }],
  };
}

export const complete = (since = NOW - 72 * HOUR): Rollout => ({ phase: 'complete', since });
export const progressing: Rollout = { phase: 'progressing', why: '1 of 2 replicas are available' };

export function seen(name: 'web' | 'api', letter: string, rollout: Rollout = complete()): ObservedWorkload {
  return { images: { [REFERENCE[name]]: image(letter) }, strange: [], rollout };
}

export const staging = plainStaging;
export const production: Stage = { ...plainStaging, name: 'production', namespace: 'storefront', after: ['staging'], soak: 48 * HOUR };

export const pass: Judgement = { verdict: 'pass', allowed: true, reason: 'nothing is overdue', improves: false };
export const fail: Judgement = { verdict: 'fail', allowed: false, reason: 'CVE-1 is overdue', improves: false };
export const unknown: Judgement = { verdict: 'unknown', allowed: false, reason: 'it has not been scanned', improves: false };

/** What the gate says of web's images, by letter. */
export function verdicts(of: Readonly<Record<string, Judgement>>): Situation['verdicts'] {
  const [reference, other] = [REFERENCE.web, REFERENCE.api];
  return Object.fromEntries(
    Object.entries(of).flatMap(([letter, judgement]) => [
      [judgementKey(reference, digest(letter)), judgement],
      [judgementKey(other, digest(letter)), judgement],
    ]),
  );
}

export function candidate(letter: string, changes: Partial<Candidate> = {}): Candidate {
  const healthy = { healthyMs: 0, lastHealthyAt: at(NOW - 10 * MINUTE) };
  return { digests: sets(letter), from: 'staging', seenAt: at(NOW - 50 * HOUR), ...healthy, ...changes };
}

export function intent(changes: Partial<Intent> = {}): Intent {
  return { id: '1', why: 'because', from: sets('A'), to: sets('B'), startedAt: at(NOW - MINUTE), attempt: 1, ...changes };
}

export function state(changes: Partial<PromotionState> = {}): PromotionState {
  return { ...emptyState(document.hash), workloads: { web: { current: sets('A').web! } }, ...changes };
}

/** Production runs A, staging has run B healthily for three days, and nothing has been seen of it yet. */
export function situation(changes: Partial<Situation> & { readonly here?: string; readonly before?: string } = {}): Situation {
  const { here = 'A', before = 'B', ...rest } = changes;
  return {
    policy: document,
    stage: production,
    workloads: [workload('web', 'A')],
    state: state(),
    observed: { here: { web: seen('web', here) }, before: { staging: { web: seen('web', before) } } },
    verdicts: verdicts({ A: pass, B: pass, C: pass }),
    now: NOW,
    ...rest,
  };
}

export const two = (here: readonly [string, string], before: readonly [string, string]): Partial<Situation> => ({
  workloads: [workload('web', 'A'), workload('api', 'X')],
  observed: {
    here: { web: seen('web', here[0]), api: seen('api', here[1]) },
    before: { staging: { web: seen('web', before[0]), api: seen('api', before[1]) } },
  },
  verdicts: verdicts({ A: pass, B: pass, X: pass, Y: pass }),
});

export const observed = (letter: string, rollout: Rollout = complete()) => ({ here: { web: seen('web', letter, rollout) }, before: {} });

export const overtime = { startedAt: at(NOW - document.rollout.progressDeadline - MINUTE) };
