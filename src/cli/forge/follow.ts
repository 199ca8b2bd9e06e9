import type { Cluster } from '../../agent/kubernetes.js';
import { lookAt } from '../../agent/promote/look.js';
import { lookAtVerifications } from '../../agent/promote/verify.js';
import type { PolicyDocument } from '../../policy/policy.js';
import { decide } from '../../promotion/decide.js';
import { type Deployability, deployment } from '../../promotion/engines/deploy.js';
import type { Decision, Situation } from '../../promotion/situation.js';
import type { PromotionState } from '../../promotion/state.js';
import { storyOf } from '../../promotion/story.js';
import { verificationsOf } from '../../promotion/verification.js';
import type { Io } from '../io.js';

export const POLL_MS = 2000;

/** A deployment that has been applied. */
export interface Begun {
  readonly policy: PolicyDocument;
  readonly situation: Situation;
  readonly may: Deployability;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

interface World {
  readonly io: Pick<Io, 'out' | 'now'>;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Follows rollouts and verifications to their end, by the decision that follows every engine's promotions. */
export async function follow(
  cluster: Pick<Cluster, 'get' | 'create'>,
  { policy, situation, may, startedAt }: Begun,
  { io, sleep }: World,
): Promise<Decision> {
  let state: PromotionState = { ...situation.state, step: 'verifying', intent: deployment(may, startedAt) };
  let said = '';
  for (;;) {
    const here = await lookAt(cluster, situation.stage, situation.workloads);
    const now = { ...situation, state, observed: { here, before: {} }, outcomes: {}, now: io.now() };
    const decision = await verified(cluster, now, policy, io);
    if (decision.kind !== 'verify') return decision;
    const line = storyOf(decision).join(' ');
    if (line !== said) io.out(`${line}\n`);
    said = line;
    state = decision.state;
    await sleep(POLL_MS);
  }
}

/** Looks at what the decision depends on where it asks to, and decides again. */
async function verified(
  cluster: Pick<Cluster, 'get' | 'create'>,
  situation: Situation,
  policy: PolicyDocument,
  { now }: Pick<Io, 'now'>,
): Promise<Decision> {
  const decision = decide(situation);
  const { intent } = decision.state;
  if (decision.kind !== 'verify' || intent === undefined) return decision;
  const asked = Object.entries(verificationsOf(situation)).filter(([key]) => decision.ask?.includes(key));
  if (asked.length === 0) return decision;
  const { stage } = situation;
  const outcomes = await lookAtVerifications({ cluster, config: { policy }, stage, intent }, Object.fromEntries(asked));
  return decide({ ...situation, outcomes, now: now() });
}
