import { names } from '../manifest/names.js';
import { hasPromotion } from '../policy/has-promotion.js';
import type { Stage } from '../policy/policy.js';
import { isPatchwayError, PatchwayError } from '../problem.js';
import { stagesBefore } from '../promotion/before.js';
import { decide } from '../promotion/decide.js';
import { dueImages, turnsOf } from '../promotion/order.js';
import { type People, pathOfPeople, readPeople } from '../promotion/people.js';
import { inPlace } from '../promotion/record.js';
import { runSeconds } from '../promotion/run.js';
import type { Decision, ObservedStage, Situation } from '../promotion/situation.js';
import type { PromotionState, WorkloadImages } from '../promotion/state.js';
import { storyOf } from '../promotion/story.js';
import { verificationsOf } from '../promotion/verification.js';
import type { AgentContext, AgentRun } from './context.js';
import { ConflictError } from './kubernetes.js';
import { announce } from './promote/announce.js';
import { letIn } from './promote/guard.js';
import { judge } from './promote/judge.js';
import { takeLease } from './promote/lease.js';
import { lookAt } from './promote/look.js';
import { giveUpFields, putInPlace } from './promote/put.js';
import { readState, type StoredState } from './promote/stored-state.js';
import { deleteBlockingPods } from './promote/unblock.js';
import { lookAtVerifications } from './promote/verify.js';
import { recordOf } from './registry/credentials.js';

export interface PromoteOptions {
  /** Who promotes, for the Lease. */
  readonly identity: string;
  /** Only says what would be done. @default false */
  readonly dryRun?: boolean;
  /** Whether to end at the next step. @default never */
  readonly stopping?: () => boolean;
}

/** How a run ended. `busy`: another one holds the Lease; `overtaken`: somebody wrote the state meanwhile. */
export type PromotionEnd = Decision['kind'] | 'busy' | 'overtaken';

type World = Pick<AgentContext, 'config' | 'cluster' | 'now' | 'sleep' | 'log'>;

const POLL_MS = 2000;

/** `patchway promote` in the cluster: ends well unless it could not do its work. Waiting and being blocked are its work. */
export const promoteInCluster: AgentRun = async (context) => {
  const { PATCHWAY_RUN: run, POD_NAME: pod } = context.env;
  let stopping = false;
  process.once('SIGTERM', () => {
    stopping = true;
  });
  await promote(context, { identity: run ?? pod ?? 'unknown', stopping: () => stopping });
  return 0;
};

/**
 * Takes a stage as far as it goes now: decides, stores what is to be done, does it, looks again. Whatever happens between
 * two steps, the next run decides afresh from what it finds.
 * @throws where the stage's objects are missing, or the API server is away or refuses
 */
export async function promote(world: World, options: PromoteOptions): Promise<PromotionEnd> {
  const { config, cluster, log } = world;
  const stage = stageOf(world);
  const place = { namespace: stage.namespace, name: names.promotion(stage.name) };
  const policyHash = config.policy.hash;
  const task = stage.after.length === 0 ? 'watch over' : `promotion after ${stage.after.join(' and ')} to`;
  log(`policy ${config.policy.name}: ${task} ${stage.name} (namespace ${stage.namespace})`);
  if (options.dryRun === true) {
    const { current } = await readState(cluster, { ...place, policyHash });
    return tell(world, await nextDecision(world, stage, current, true), 'next, were this no dry run: ');
  }
  const seconds = runSeconds(config.policy.rollout, stage, turnsOf(config.workloads).length);
  const lease = await takeLease({ cluster, ...place, identity: options.identity, seconds, now: world.now });
  if ('heldBy' in lease) {
    log(`another promotion is at work: ${lease.heldBy}, until ${new Date(lease.until).toISOString()} at the latest. Nothing was done.`);
    return 'busy';
  }
  try {
    const stored = await readState(cluster, { ...place, policyHash });
    return await stepByStep(world, stage, stored, async () => {
      if (options.stopping?.() === true) throw new PatchwayError('it was asked to end; the next run goes on from here.');
      await lease.renew();
    });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    log(`somebody else wrote it meanwhile: ${error.message}. This run ends; the next one decides afresh.`);
    return 'overtaken';
  } finally {
    await lease.release().catch((error: unknown) => log(`the Lease was not given back: ${messageOf(error)}. It expires by itself.`));
  }
}

async function stepByStep(world: World, stage: Stage, stored: StoredState, before: () => Promise<void>): Promise<PromotionEnd> {
  let said = '';
  for (;;) {
    await before();
    const decision = await nextDecision(world, stage, stored.current);
    const sentence = storyOf(decision).join(' ');
    if (sentence !== said) tell(world, decision);
    said = sentence;
    if ('images' in decision) await letIn(world, stage, decision);
    // While the lock still names what runs: to be put back when the lock has moved on.
    else if (decision.kind === 'done' && stage.after.length === 0) await letIn(world, stage, { ...decision, images: {} });
    const earlier = stored.current;
    await stored.write(decision.state);
    await announce(world, stage, earlier, decision.state);
    switch (decision.kind) {
      case 'promote':
      case 'resume': {
        const { workloads } = world.config;
        await putInPlace(world.cluster, stage.namespace, workloads, dueImages(decision.images, decision.state.intent ?? {}, workloads));
        await stored.write(inPlace(decision.state));
        break;
      }
      case 'rollBack':
        await putInPlace(world.cluster, stage.namespace, world.config.workloads, decision.images);
        await world.sleep(POLL_MS);
        break;
      case 'verify':
        if (decision.state.step === 'rollingBack') await deleteBlockingPods(world, stage.namespace, world.config.workloads);
        await world.sleep(POLL_MS);
        break;
      case 'record':
        if (stage.after.length > 0) break;
        await giveUpFields(world.cluster, stage.namespace, world.config.workloads).catch((error: unknown) =>
          world.log(`the image fields were not given up: ${messageOf(error)}. Applying other manifests may meet a conflict.`),
        );
        break;
      case 'again':
        break;
      default:
        return decision.kind;
    }
  }
}

async function nextDecision(world: World, stage: Stage, state: PromotionState, dryRun = false): Promise<Decision> {
  const { config, cluster, now } = world;
  const { policy, workloads } = config;
  const here = await lookAt(cluster, stage, workloads);
  const situation: Situation = { policy, stage, workloads, state, observed: { here, before: {} }, verdicts: {}, outcomes: {}, now: now() };
  // Once images are in place, the stages before have no say any more.
  if (stage.after.length === 0 || (state.intent !== undefined && state.step !== 'rolling')) return verified(world, situation, dryRun);
  const observed = { here, before: await lookBefore(world, stage) };
  const seen = stagesBefore({ stage, workloads, observed, state });
  const judged = { running: imagesOf(here), candidate: state.candidate?.digests, before: seen.images };
  const verdicts = await judge({ cluster, config, stage, at: situation.now }, judged);
  return decide({ ...situation, observed, verdicts, people: await lookAtPeople(cluster, stage) });
}

/** Looks at what the decision depends on where it asks to, and decides again. A dry run starts no Job, and asks nobody. */
async function verified(world: World, situation: Situation, dryRun: boolean): Promise<Decision> {
  const decision = decide(situation);
  const { intent } = decision.state;
  if (decision.kind !== 'verify' || intent === undefined || dryRun) return decision;
  const asked = Object.entries(verificationsOf(situation)).filter(([key]) => decision.ask?.includes(key));
  if (asked.length === 0) return decision;
  const outcomes = await lookAtVerifications({ ...world, stage: situation.stage, intent }, Object.fromEntries(asked));
  return decide({ ...situation, outcomes, now: world.now() });
}

/** What people wrote; nothing where its ConfigMap is missing. */
async function lookAtPeople(cluster: World['cluster'], { name, namespace }: Stage): Promise<People> {
  return readPeople(recordOf((await cluster.get(pathOfPeople(namespace, name)))?.data));
}

async function lookBefore({ config, cluster }: World, { after }: Stage): Promise<Situation['observed']['before']> {
  const stages = config.policy.stages.filter(({ name }) => after.includes(name));
  return Object.fromEntries(await Promise.all(stages.map(async (each) => [each.name, await lookAt(cluster, each, config.workloads)])));
}

function imagesOf(observed: ObservedStage): WorkloadImages {
  return Object.fromEntries(Object.entries(observed).map(([name, { images }]) => [name, images]));
}

function tell<K extends Decision['kind']>({ log }: World, decision: Decision & { readonly kind: K }, prefix = ''): K {
  for (const line of storyOf(decision)) log(`${prefix}${line}`);
  return decision.kind;
}

/** @throws for a stage that nothing is promoted to, and that is not watched either */
function stageOf({ config }: World): Stage {
  const stage = config.policy.stages.find(({ name }) => name === config.stage);
  if (stage === undefined) throw new PatchwayError(`the policy has no stage ${config.stage}: apply what synthesis wrote again.`);
  if (!hasPromotion(config.policy, stage)) throw new PatchwayError(`stage ${stage.name} comes after none: its images come from the lock.`);
  return stage;
}

function messageOf(error: unknown): string {
  return isPatchwayError(error) ? error.message : String(error);
}
