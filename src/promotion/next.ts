import { remedyFor } from '../manifest/remedy.js';
import { formatDuration } from '../policy/duration.js';
import { windowState } from '../policy/windows.js';
import { type Before, stagesBefore } from './before.js';
import { followCandidate, judgementOf, passes } from './candidate.js';
import { consentTo, frozen, withFreeze } from './consent.js';
import { compareWithRecord } from './foreign.js';
import { type Change, changedImages, changesBetween, describeImage, describeImages } from './images.js';
import { firstTurn } from './order.js';
import { intending, troubled, untroubled, withHistory } from './record.js';
import { isRefused, refusalOf, stillRefused } from './refused.js';
import { type Decision, judgementKey, type Situation } from './situation.js';
import type { Bypassed, Candidate, ImageEvidence, PromotionState, WorkloadImages } from './state.js';

/** Nothing is under way: is there something to promote, and may it be? */
export function chooseNext(situation: Situation): Decision {
  const before = stagesBefore(situation);
  const recorded = compareWithRecord(situation, before.images);
  if ('kind' in recorded) return recorded;
  const { running, withdrawn } = recorded;
  const known: Situation = {
    ...situation,
    state: {
      ...withFreeze({ ...situation, state: recorded.state }),
      refused: stillRefused(recorded.state.refused, situation.workloads, everything(before)),
    },
  };
  const candidate = followCandidate(known, before, running);
  const { candidate: _, ...state } = known.state;
  // Nothing is counted for an image that is not going to be tried.
  const waits = candidate !== undefined && !isRefused(state.refused, changesBetween(running, candidate.digests));
  const followed: PromotionState = {
    ...state,
    policyHash: situation.policy.hash,
    ...(waits ? { candidate } : {}),
    ...passedOver(before, state, candidate, known.state.candidate),
  };
  const decision = weigh({ situation: { ...known, state: followed }, before, running, candidate });
  return withdrawn === undefined || decision.kind === 'wait' || decision.kind === 'promote' ? decision : withdrawn(followed);
}

/** All that the stages before run: an image that none of them runs any more is forgotten. */
function everything({ images, each }: Before): WorkloadImages | undefined {
  if (each === undefined) return images;
  return Object.fromEntries(
    Object.entries(each).flatMap(([stage, sets]) => Object.entries(sets).map(([name, set]) => [`${stage} ${name}`, set] as const)),
  );
}

/** What the other stages run when a new candidate is chosen is passed over; what they run later is news. */
function passedOver(
  { each = {}, from }: Before,
  state: PromotionState,
  candidate: Candidate | undefined,
  former: Candidate | undefined,
): Pick<PromotionState, 'passedOver'> {
  const isNew = candidate !== undefined && candidate.seenAt !== former?.seenAt;
  const others = isNew ? Object.entries(each).filter(([name]) => name !== from) : [];
  if (others.length === 0) return state.passedOver === undefined ? {} : { passedOver: state.passedOver };
  return { passedOver: Object.fromEntries(others) };
}

interface Weighed {
  /** Its state has the candidate in it. */
  readonly situation: Situation;
  readonly before: Before;
  readonly running: WorkloadImages;
  readonly candidate: Candidate | undefined;
}

/** In the order in which a person would ask. The first that stands in the way is the answer. */
function weigh(weighed: Weighed): Decision {
  const { situation, before, running, candidate } = weighed;
  if (candidate === undefined) return nothingNew(weighed);
  const changes = changesBetween(running, candidate.digests);
  const cure = changes.map(({ reference, to }) => judgementOf(situation, reference, to.digest).cures).find((id) => id !== undefined);
  const soaked = soakOf(weighed, candidate, cure);
  const consent = consentTo(situation, changes);
  const agreed: Situation = 'state' in consent ? { ...situation, state: consent.state } : situation;
  const window = windowOf(agreed, cure);
  return (
    refused(situation, changes) ??
    frozen(situation) ??
    unhealthy(situation, before, candidate) ??
    ('decision' in soaked ? soaked.decision : undefined) ??
    gated(situation, changes) ??
    ('decision' in consent ? consent.decision : undefined) ??
    occupied(agreed) ??
    ('decision' in window ? window.decision : undefined) ??
    promotion({ ...weighed, situation: agreed }, candidate, [soaked, consent, window], 'by' in consent ? consent.by : undefined)
  );
}

function nothingNew({ situation, before, running }: Weighed): Decision {
  const { state, stage } = situation;
  const idle: PromotionState = { ...untroubled(state), step: 'idle' };
  if (before.images !== undefined) {
    const because = `Stage ${stage.name} runs what ${namesOf(stage)} runs: ${describeImages(running)}.`;
    return { kind: 'done', because, state: idle };
  }
  if (!before.broken) return { kind: 'wait', for: 'rollout', because: `The stages before do not agree: ${before.why}.`, state: idle };
  const because = `What to promote to ${stage.name} cannot be told: ${before.why}.`;
  return { kind: 'blocked', by: 'stages', because, unblock: `Apply the manifests of ${namesOf(stage)}.`, state: idle };
}

function refused({ state, stage }: Situation, changes: readonly Change[]): Decision | undefined {
  const refusal = refusalOf(state.refused, changes);
  if (refusal === undefined) return undefined;
  const named = changes.filter(({ to }) => state.refused.some(({ digest }) => digest === to.digest));
  const because = `${describe(named)} was refused on ${refusal.at} and is not tried again. ${refusal.reason}`;
  const unblock = `Move ${namesOf(stage)} to another image.`;
  return { kind: 'blocked', by: 'refused', because, unblock, state: { ...state, step: 'idle' } };
}

/** A held candidate does not run any more, so what runs in its place says nothing about it now. */
function unhealthy({ state }: Situation, before: Before, candidate: Candidate): Decision | undefined {
  if (before.healthy || candidate.heldSince !== undefined) return undefined;
  const because = `${describeImages(candidate.digests)} is not healthy in ${candidate.from}: ${before.why}. Its soak stands still.`;
  return { kind: 'wait', for: 'health', because, state: { ...untroubled(state), step: 'soaking' } };
}

type Passed = { readonly decision: Decision } | { readonly why?: string; readonly bypassed?: Bypassed };

function soakOf({ situation, before }: Weighed, candidate: Candidate, cure: string | undefined): Passed {
  const { stage, policy, now, state } = situation;
  const ran = `it ran healthily in ${candidate.from} for ${duration(candidate.healthyMs)}`;
  if (candidate.healthyMs >= stage.soak) return { why: ran };
  if (cure !== undefined && policy.gate.exploited?.skipSoak === true)
    return { why: `the soak is skipped as it fixes ${cure}, which is exploited`, bypassed: 'soak' };
  const left = stage.soak - candidate.healthyMs;
  const until = before.healthy ? { until: now + left } : {};
  const because = `${describeImages(candidate.digests)} has to soak: ${ran} of ${formatDuration(stage.soak)}${held(candidate)}.`;
  return { decision: { kind: 'wait', for: 'soak', ...until, because, state: { ...untroubled(state), step: 'soaking' } } };
}

function held({ heldSince, from }: Candidate): string {
  return heldSince === undefined ? '' : ` (${from} has run a newer image since ${heldSince}; it does not start over)`;
}

function gated(situation: Situation, changes: readonly Change[]): Decision | undefined {
  const { state, stage } = situation;
  const judged = changes.map((change) => ({ change, judgement: judgementOf(situation, change.reference, change.to.digest) }));
  const closed = judged.find(({ judgement }) => !passes(situation, judgement));
  if (closed === undefined) return undefined;
  const because = `The gate is closed for ${describe([closed.change])}: ${closed.judgement.reason}.`;
  const unblock =
    closed.judgement.verdict === 'fail'
      ? `Move ${namesOf(stage)} to an image without these findings. ${remedyFor(situation.workloads, closed.change.reference)}.`
      : `Let the scans of ${namesOf(stage)} run: kubectl -n <its namespace> create job --from=cronjob/patchway-scan-${stage.after[0]} scan-now`;
  const told = troubled({ ...state, step: 'idle' }, because, situation);
  const to = changedImages(changes, 'to');
  const newest = state.history[0];
  const known = newest?.what === 'blocked' && JSON.stringify(newest.to) === JSON.stringify(to);
  const remembered = known
    ? told
    : withHistory(told, { what: 'blocked', why: because, to, evidence: evidenceOf(situation, changes) }, situation);
  return { kind: 'blocked', by: 'gate', because, unblock, state: remembered };
}

/** Two rollouts at once would hide which of them failed. One that Kubernetes has given up on may be what this one cures. */
function occupied({ state, stage, observed }: Situation): Decision | undefined {
  const busy = Object.entries(observed.here).find(([, { rollout }]) => rollout.phase === 'progressing' || rollout.phase === 'paused');
  if (busy === undefined || busy[1].rollout.phase === 'complete') return undefined;
  const because = `${busy[0]} in ${stage.name} is being rolled out by somebody else: ${busy[1].rollout.why}.`;
  return { kind: 'wait', for: 'rollout', because, state: { ...untroubled(state), step: 'idle' } };
}

function windowOf({ stage, policy, state, now }: Situation, cure: string | undefined): Passed {
  const { open, opensAt } = windowState(stage.windows, now);
  if (open) return { why: stage.windows.length === 0 ? 'there are no windows' : 'the window is open' };
  if (cure !== undefined && policy.gate.exploited?.bypassWindows === true) {
    return { why: `the window is closed, but passed as it fixes ${cure}, which is exploited`, bypassed: 'window' };
  }
  const until = opensAt === undefined ? {} : { until: opensAt };
  const because = opensAt === undefined ? 'The window is closed and does not open again.' : 'Everything is ready; the window is closed.';
  return { decision: { kind: 'wait', for: 'window', ...until, because, state: { ...untroubled(state), step: 'awaitingWindow' } } };
}

function promotion({ situation, running }: Weighed, candidate: Candidate, passed: readonly Passed[], by?: string): Decision {
  const changes = changesBetween(running, candidate.digests);
  const reasons = passed.flatMap((each) => ('why' in each ? (each.why ?? []) : []));
  const bypassed = passed.flatMap((each) => ('bypassed' in each ? (each.bypassed ?? []) : []));
  const why = `${reasons.join(', ')}, and ${gateReason(situation, changes)}`;
  const because = `Promoting ${describeImages(candidate.digests)} from ${candidate.from} to ${situation.stage.name}: ${why}.`;
  const to = candidate.digests;
  const evidence = evidenceOf(situation, changes);
  const turn = firstTurn(situation.workloads, new Set(changes.map(({ workload }) => workload)));
  const move = {
    from: running,
    to,
    why,
    attempt: 1,
    evidence,
    ...(turn === undefined ? {} : { turn }),
    ...(bypassed.length === 0 ? {} : { bypassed }),
    ...(by === undefined ? {} : { by }),
  };
  const state = intending(situation, situation.state, move);
  return { kind: 'promote', images: to, because, state };
}

/** What the gate says of each image that changes, once. */
function evidenceOf(situation: Situation, changes: readonly Change[]): readonly ImageEvidence[] {
  const images = new Map(changes.map(({ reference, to: { digest } }) => [judgementKey(reference, digest), { reference, digest }]));
  return [...images.values()].map(({ reference, digest }) => {
    const { verdict, reason } = judgementOf(situation, reference, digest);
    return { reference, digest, verdict, reason };
  });
}

function gateReason(situation: Situation, changes: readonly Change[]): string {
  const judged = changes.map(({ reference, to }) => judgementOf(situation, reference, to.digest));
  const worse = judged.find(({ allowed }) => !allowed);
  if (worse !== undefined) return `the gate lets it through as an improvement on what runs (${worse.reason})`;
  return `the gate is open (${[...new Set(judged.map(({ reason }) => reason))].join('; ')})`;
}

function namesOf({ after, oneOf }: Situation['stage']): string {
  return after.join(oneOf === true ? ' or ' : ' and ');
}

function describe(changes: readonly Change[]): string {
  return [...new Set(changes.map(({ reference, to }) => describeImage(reference, to)))].join(', ');
}

/** In whole seconds, never more than there were. */
function duration(ms: number): string {
  return formatDuration(Math.floor(ms / 1000) * 1000);
}
