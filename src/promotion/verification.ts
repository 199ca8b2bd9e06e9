import { canonicalJson, shortHash } from '../manifest/names.js';
import { formatDuration } from '../policy/duration.js';
import type { Verification } from '../policy/policy.js';
import { instant } from './record.js';
import { verificationTime } from './run.js';
import type { Situation } from './situation.js';
import type { Check, Intent, Outcome } from './state.js';

/** Where the verification of an intent is. `until`: epoch milliseconds. */
export type Verified =
  | { readonly is: 'held'; readonly why: string }
  /** `ask`: the keys of those that are to be looked at now. */
  | { readonly is: 'open'; readonly intent: Intent; readonly ask: readonly string[]; readonly until: number; readonly why: string }
  | { readonly is: 'failed'; readonly intent: Intent; readonly why: string };

type Verifying = Pick<Situation, 'policy' | 'stage' | 'workloads'>;

/** What a stage's promotion verifies, by key. Nothing where Argo Rollouts does it between the steps of its rollouts. */
export function verificationsOf({ policy, stage, workloads }: Verifying): Readonly<Record<string, Verification>> {
  const argo =
    policy.rollout.strategy !== 'rolling' && workloads.some(({ kind, rolledBy }) => kind === 'Rollout' || rolledBy !== undefined);
  return argo ? {} : Object.fromEntries((stage.verify ?? []).map((each) => [shortHash(canonicalJson(each)), each]));
}

/**
 * What the looks so far mean for an intent whose rollouts are complete: all that it names must hold, each for as long as it
 * says. One that fails for good, or does not come to hold in time, fails them all.
 */
export function verify(situation: Situation & { readonly outcomes: Readonly<Record<string, Outcome>> }, intent: Intent): Verified {
  const { now, outcomes, policy, stage } = situation;
  const verifications = Object.entries(verificationsOf(situation));
  const { startedAt = instant(now), checks: known = {} } = intent.verification ?? {};
  const until = Date.parse(startedAt) + verificationTime(policy.rollout, stage);
  const looked = verifications.map(([key, verification]) => {
    const outcome = outcomes[key];
    const before = known[key];
    return { key, verification, before, check: outcome === undefined ? before : checkAfter(verification, before, outcome, now) };
  });
  const checks = Object.fromEntries(looked.flatMap(({ key, check }) => (check === undefined ? [] : [[key, check]])));
  const seen: Intent = { ...intent, verification: { startedAt, checks } };
  const open = looked.filter(({ verification, check }) => !isSettled(verification, check, 'holds', now));
  if (open.length === 0) return { is: 'held', why: looked.map(({ check }) => check?.why).join('; ') };
  const why = open.map(({ verification, check }) => describe(verification, check)).join('; ');
  const ask = open.filter(({ key, verification, check }) => outcomes[key] === undefined && isDue(verification, check, now));
  if (ask.length > 0) return { is: 'open', intent: seen, ask: ask.map(({ key }) => key), until, why };
  const failed = open.filter(({ verification, check }) => isSettled(verification, check, 'fails', now));
  if (failed.length > 0) return { is: 'failed', intent: seen, why: failed.map(({ check }) => check?.why).join('; ') };
  if (now >= until) return { is: 'failed', intent: seen, why: `inconclusive until ${instant(until)}: ${why}` };
  return { is: 'open', intent: seen, ask: [], until, why };
}

/** Endpoints, proxies and names take a moment to follow new pods: an answer that is wrong only then is no failure. */
const HTTP_SETTLES_MS = 10_000;

/** How often Prometheus is asked; whoever did not look for longer than a few times that knows nothing of between. */
const PROMETHEUS_INTERVAL_MS = 10_000;
const PROMETHEUS_GAP_MS = 60_000;

function checkAfter(verification: Verification, before: Check | undefined, { result, why }: Outcome, now: number): Check {
  const at = instant(now);
  const continuous = verification.kind !== 'prometheus' || (before !== undefined && now - Date.parse(before.at) <= PROMETHEUS_GAP_MS);
  if (before === undefined || before.result !== result || !continuous) return { result, why, since: at, at };
  // What is looked at all the time is not written each time.
  return verification.kind === 'prometheus' || before.why !== why ? { ...before, why, at } : before;
}

function isSettled(verification: Verification, check: Check | undefined, result: 'holds' | 'fails', now: number): boolean {
  if (check?.result !== result) return false;
  const lasting =
    result === 'holds' ? (verification.kind === 'prometheus' ? verification.for : 0) : verification.kind === 'http' ? HTTP_SETTLES_MS : 0;
  return now - Date.parse(check.since) >= lasting;
}

function isDue({ kind }: Verification, check: Check | undefined, now: number): boolean {
  return check === undefined || kind !== 'prometheus' || now - Date.parse(check.at) >= PROMETHEUS_INTERVAL_MS;
}

function describe(verification: Verification, check: Check | undefined): string {
  if (check === undefined) return `${verification.kind} has not been asked yet`;
  const long =
    check.result === 'holds' && verification.kind === 'prometheus'
      ? `, since ${check.since} and for ${formatDuration(verification.for)}`
      : '';
  return `${check.why}${long}`;
}
