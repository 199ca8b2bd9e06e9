import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lookAt } from '../../agent/promote/look.js';
import { editLock, writeLock } from '../../lock/edit.js';
import type { LockEntry } from '../../lock/lock.js';
import type { Manifest } from '../../manifest/manifest.js';
import { isPatchwayError, PatchwayError } from '../../problem.js';
import { deployability } from '../../promotion/engines/deploy.js';
import { revertMessage } from '../../promotion/engines/message.js';
import { type Change, changesBetween } from '../../promotion/images.js';
import { emptyState } from '../../promotion/parse-state.js';
import { deadlineOf } from '../../promotion/run.js';
import type { Decision, Situation } from '../../promotion/situation.js';
import type { PromotionState, WorkloadImages } from '../../promotion/state.js';
import { storyOf } from '../../promotion/story.js';
import type { Io } from '../io.js';
import { configInCluster } from '../stage-in-cluster.js';
import { applyThroughKubectl, readStageManifests } from './apply.js';
import { follow, POLL_MS } from './follow.js';
import { formerEntry, lockBefore, lockVersions } from './lock-history.js';
import { SHARED } from './propose.js';
import { readRefused, refusedText } from './refused-file.js';
import { type Connect, type ForgeOptions, type ForgeWorld, forgeWorld, look, withLocked } from './world.js';

export interface DeployOptions extends ForgeOptions {
  /** Files of what synthesis wrote. @default nothing is applied, only said whether it would be */
  readonly manifests?: readonly string[];
  /** Whether a GitOps controller applies what git says, and this only looks. @default false */
  readonly observe?: boolean;
  /** Whether to leave alone a stage that runs what the lock names. @default false */
  readonly onlyMoved?: boolean;
  /** Whether fields that others own are taken over. @default false */
  readonly forceConflicts?: boolean;
}

/** The effects of the command, for tests to replace. */
export interface DeployEffects {
  readonly connect?: Connect;
  readonly apply: typeof applyThroughKubectl;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * `patchway forge deploy`: puts in place what a merged lock names, follows the rollouts, and where they fail puts the old
 * images back in the lock. The answer is `deploy`, `wait`, `done` or `revert`; 2 for the last, and for what was refused.
 * @throws PatchwayError where manifests cannot be applied, or a rollout fails that changed no image
 */
export async function deploy(
  options: DeployOptions,
  io: Io,
  effects: DeployEffects = { apply: applyThroughKubectl, sleep: (ms) => sleep(ms) },
): Promise<0 | 2> {
  const world = forgeWorld(options, io, effects.connect);
  const answered = (answer: 'deploy' | 'wait' | 'done' | 'revert', line: string, message = line) => {
    io.out(`${line}\n`);
    if (options.into === undefined) return;
    const into = resolve(io.cwd, options.into);
    mkdirSync(into, { recursive: true });
    writeFileSync(join(into, SHARED.message), `${message}\n`);
    writeFileSync(join(into, SHARED.answer), `${answer}\n`);
  };
  try {
    const { situation, manifests } = await situationOf(world, options, io);
    const seen = deployability(situation);
    const may = options.observe === true ? { ...seen, from: beforeMerge(world, situation, seen.from) } : seen;
    if (may.kind === 'refused') {
      answered('wait', `refused: ${may.because}`);
      return 2;
    }
    // A controller knows no windows.
    if (may.kind === 'wait' && options.observe !== true) {
      answered('wait', `wait: ${may.because}${may.until === undefined ? '' : ` Not before ${new Date(may.until).toISOString()}.`}`);
      return 0;
    }
    if (may.kind === 'inPlace' && options.onlyMoved === true) {
      answered('done', `done: ${may.because}`);
      return 0;
    }
    if (manifests === undefined) {
      answered('deploy', `deploy: ${may.because}`);
      return 0;
    }
    const startedAt = io.now();
    if (options.observe !== true) effects.apply(manifests, { ...options, context: world.stage.cluster ?? options.context }, io);
    else if (!(await inPlace(world, situation, startedAt, io, effects))) {
      answered('wait', `wait: ${may.because} Whatever reconciles namespace ${world.stage.namespace} has not put it in place yet.`);
      return 0;
    }
    const decision = await follow(
      await world.clusterOf(world.stage),
      { policy: world.policy, situation, may, startedAt },
      { io, sleep: effects.sleep },
    );
    const line = storyOf(decision).join(' ');
    if (decision.kind === 'record' || decision.kind === 'wait') {
      answered('done', line);
      return 0;
    }
    if (decision.kind !== 'rollBack') throw new PatchwayError(line);
    const changes = changesBetween(may.from, may.to).filter(({ from }) => from !== undefined);
    if (changes.length === 0) throw new PatchwayError(`${line} No image has changed: revert in git what did.`);
    const message = revert(world, changes, decision, io);
    answered('revert', line, message);
    return 2;
  } finally {
    world.close();
  }
}

async function situationOf(
  world: ForgeWorld,
  { manifests: files }: DeployOptions,
  io: Io,
): Promise<{ readonly situation: Situation; readonly manifests?: readonly Manifest[] }> {
  const { policy, stage, lock, refused } = world;
  const given = files === undefined ? undefined : readStageManifests(files, stage, io);
  const workloads =
    given?.config.workloads ?? withLocked((await configInCluster(await world.clusterOf(stage), stage)).workloads, lock.lock, stage);
  const state: PromotionState = { ...emptyState(policy.hash), refused };
  const now = io.now();
  const here = { here: await lookAt(await world.clusterOf(stage), stage, workloads), before: {} };
  const verify = given?.config.policy.stages.find(({ name }) => name === stage.name)?.verify;
  const plain = { policy, stage: verify === undefined ? stage : { ...stage, verify }, workloads, state, observed: here, verdicts: {}, now };
  const judged = deployability(plain).kind === 'wait' ? await verdictsOf(world, plain, io) : {};
  return { situation: { ...plain, verdicts: judged }, ...(given === undefined ? {} : { manifests: given.manifests }) };
}

/** Only what cures an exploited finding passes a closed window, and only evidence says so. */
async function verdictsOf(world: ForgeWorld, { policy, workloads, now }: Situation, io: Io): Promise<Situation['verdicts']> {
  if (policy.gate.exploited?.bypassWindows !== true) return {};
  try {
    return (await look(world, workloads, now)).verdicts;
  } catch (error) {
    if (!isPatchwayError(error)) throw error;
    io.err(`evidence cannot be read, so that the window holds: ${error.message}\n`);
    return {};
  }
}

/** A controller may have been quicker: what ran before is what the lock named before, of what was merged last. */
function beforeMerge({ lock, stage, refused }: ForgeWorld, { workloads }: Situation, running: WorkloadImages): WorkloadImages {
  const former = lockBefore(lock.path);
  return Object.fromEntries(
    workloads.map(({ name, images }) => {
      const entries = images.flatMap(({ reference }) => {
        const entry = former?.images[reference]?.[stage.name];
        const was = entry !== undefined && !refused.some(({ digest }) => digest === entry.digest) ? entry : running[name]?.[reference];
        return was === undefined ? [] : [[reference, { tag: was.tag, digest: was.digest }] as const];
      });
      return [name, Object.fromEntries(entries)];
    }),
  );
}

/** Whether somebody else has put everything in place before the deadline of its rollout. */
async function inPlace(world: ForgeWorld, situation: Situation, startedAt: number, io: Io, effects: DeployEffects): Promise<boolean> {
  const until = deadlineOf(situation.policy.rollout, new Date(startedAt).toISOString());
  for (;;) {
    const here = await lookAt(await world.clusterOf(world.stage), world.stage, situation.workloads);
    if (deployability({ ...situation, observed: { here, before: {} } }).kind === 'inPlace') return true;
    if (io.now() >= until) return false;
    await effects.sleep(POLL_MS);
  }
}

/** Writes lock and refusals as they are to be merged; returns what the request says. */
function revert(
  { stage, lock, refusedFile, refused }: ForgeWorld,
  changes: readonly Change[],
  { because, state }: Decision,
  io: Io,
): string {
  const images: Record<string, Record<string, LockEntry>> = {};
  for (const { reference, from } of changes) {
    if (from === undefined) continue;
    const former = formerEntry(lockVersions(lock.path), { reference, stage: stage.name, digest: from.digest });
    const known = former ?? Object.values(lock.lock.images[reference] ?? {}).find(({ digest }) => digest === from.digest);
    const unknown: LockEntry = { ...from, releasedAt: new Date(io.now()).toISOString(), releasedFrom: 'firstSeen' };
    images[reference] = { [stage.name]: known ?? unknown };
  }
  writeLock(lock.path, editLock(lock.text, { images }));
  const added = state.refused.filter(({ digest }) => !refused.some((each) => each.digest === digest));
  const name = relative(io.cwd, refusedFile);
  writeFileSync(refusedFile, refusedText(readRefused(refusedFile, name), stage.name, [...added, ...refused]));
  const { title, body } = revertMessage(stage, changes, because);
  return `${title}\n\n${body}`;
}
