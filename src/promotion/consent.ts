import { type Change, changedImages, describeImage, repositoryOf } from './images.js';
import { approvalFor, freezeAt } from './people.js';
import { untroubled, withHistory } from './record.js';
import type { Decision, Situation } from './situation.js';
import type { PromotionState } from './state.js';

/** The state with what has changed about a freeze in its history. */
export function withFreeze({ people, state, stage, now, policy }: Situation): PromotionState {
  if (people === undefined) return state;
  const freeze = freezeAt(people, now);
  const { frozen: before, ...rest } = state;
  if (freeze === undefined) {
    if (before === undefined) return state;
    const why = `Promotion to ${stage.name} goes on; ${before.by} had stopped it: ${before.reason}`;
    return withHistory(rest, { what: 'unfrozen', why }, { now, policy });
  }
  const { by, reason } = freeze;
  if (before?.by === by && before.reason === reason) return state;
  return withHistory({ ...rest, frozen: { by, reason } }, { what: 'frozen', why: reason, by }, { now, policy });
}

/** Whether somebody has stopped promotions to the stage. What is under way comes to its end all the same. */
export function frozen({ people, state, stage, now }: Situation): Decision | undefined {
  const freeze = people && freezeAt(people, now);
  if (freeze === undefined) return undefined;
  const { by, reason, until } = freeze;
  const because = `Promotion to ${stage.name} is frozen by ${by}${until === undefined ? '' : ` until ${until}`}: ${reason}.`;
  const unblock = `Whoever may approve lets it go on: patchway unfreeze --stage ${stage.name}`;
  return { kind: 'blocked', by: 'freeze', because, unblock, state: { ...untroubled(state), step: 'frozen' } };
}

/** The answer where somebody still has to say yes; else why it may go on, and the state that says who did. */
export type Consent = { readonly decision: Decision } | { readonly why?: string; readonly by?: string; readonly state: PromotionState };

/** Whether a person has approved each image that changes, where the stage wants that. */
export function consentTo(situation: Situation, changes: readonly Change[]): Consent {
  const { people, state, stage, now } = situation;
  if (stage.approval !== 'manual' || people === undefined) return { state };
  const images = [...new Map(changes.map((change) => [`${change.reference} ${change.to.digest}`, change])).values()].map((change) => {
    const wanted = { stage: stage.name, repository: repositoryOf(change.reference), digest: change.to.digest };
    return { ...change, approval: approvalFor(people, wanted, now) };
  });
  const missing = images.filter(({ approval }) => approval === undefined);
  if (missing.length > 0) {
    const named = missing.map(({ reference, to }) => describeImage(reference, to)).join(', ');
    const others = people.approvals.length === 0 ? '' : ' There are approvals, but of other images, of another stage, or expired ones';
    const because = `Nobody has approved ${named} for ${stage.name}.${others === '' ? '' : `${others}.`}`;
    const digests = [...new Set(missing.map(({ to }) => to.digest))].join(' ');
    const unblock = `Whoever may approve says yes with: patchway approve --stage ${stage.name} --digest ${digests}`;
    return { decision: { kind: 'blocked', by: 'approval', because, unblock, state: { ...untroubled(state), step: 'awaitingApproval' } } };
  }
  const approvals = images.flatMap(({ approval }) => approval ?? []);
  const by = [...new Set(approvals.map((approval) => approval.by))].sort().join(', ');
  const why = `approved by ${by} on ${approvals
    .map(({ at }) => at)
    .sort()
    .at(-1)}`;
  return { why, by, state: withApproval(situation, changes, by, why) };
}

/** An approval may be seen by many runs before a window opens: it is written once. */
function withApproval(situation: Situation, changes: readonly Change[], by: string, why: string): PromotionState {
  const { state } = situation;
  const to = changedImages(changes, 'to');
  const known = state.history.some(
    (entry) => entry.what === 'approved' && entry.why === why && JSON.stringify(entry.to) === JSON.stringify(to),
  );
  return known ? state : withHistory(state, { what: 'approved', why, by, to }, situation);
}
