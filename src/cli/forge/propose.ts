import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { editLock, writeLock } from '../../lock/edit.js';
import type { ImageLock, LockEntry } from '../../lock/lock.js';
import { parseLock } from '../../lock/parse.js';
import type { Stage } from '../../policy/policy.js';
import { PatchwayError } from '../../problem.js';
import { proposalMessage } from '../../promotion/engines/message.js';
import { type Proposal, proposalOf } from '../../promotion/engines/propose.js';
import type { Change } from '../../promotion/images.js';
import { emptyState, parseState } from '../../promotion/parse-state.js';
import type { PromotionState } from '../../promotion/state.js';
import { storyOf } from '../../promotion/story.js';
import type { Io } from '../io.js';
import { configInCluster } from '../stage-in-cluster.js';
import { type Connect, type ForgeOptions, type ForgeWorld, forgeWorld, look, withLocked } from './world.js';

/** Files of the directory that a workflow and a step share. */
export const SHARED = {
  /** One word: what the workflow does next. */
  answer: 'answer',
  /** What a request says: its title, an empty line, Markdown. */
  message: 'message',
  /** What is kept from look to look. */
  state: 'state.json',
  /** The lock as an open request has it. */
  proposed: 'proposed.lock.yaml',
} as const;

/**
 * `patchway forge propose`: decides as the CronJob of the engine `jobs` would, and writes a promotion into the lock instead
 * of the cluster. 2 where it is blocked or somebody else changed the stage. Without `into` it only says what it would do.
 * @throws PatchwayError 64 for a stage that nothing is promoted to, 1 where a cluster cannot be read
 */
export async function propose(options: ForgeOptions, io: Io, connect?: Connect): Promise<0 | 2> {
  const world = forgeWorld(options, io, connect);
  const { stage, lock } = world;
  if (stage.after.length === 0) {
    world.close();
    throw new PatchwayError(`--to ${stage.name}: this stage comes after none: \`patchway lock update\` moves it.`, { exitCode: 64 });
  }
  try {
    const into = options.into === undefined ? undefined : resolve(io.cwd, options.into);
    const proposal = await proposalIn(world, into, io.now());
    const { decision, answer, changes } = proposal;
    for (const line of storyOf(decision)) io.out(`${line}\n`);
    if (into !== undefined) {
      mkdirSync(into, { recursive: true });
      const { title, body } = proposalMessage(stage, changes, decision.because);
      const message = answer === 'propose' ? `${title}\n\n${body}\n` : `${storyOf(decision).join('\n')}\n`;
      if (answer === 'propose') writeLock(lock.path, editLock(lock.text, { images: entriesOf(lock.lock, stage, proposal) }));
      writeFileSync(join(into, SHARED.message), message);
      writeFileSync(join(into, SHARED.state), `${JSON.stringify(proposal.state, undefined, 2)}\n`);
      writeFileSync(join(into, SHARED.answer), `${answer}\n`);
    }
    return decision.kind === 'blocked' || decision.kind === 'foreignChange' ? 2 : 0;
  } finally {
    world.close();
  }
}

async function proposalIn(world: ForgeWorld, into: string | undefined, now: number): Promise<Proposal> {
  const { policy, stage, lock, refused } = world;
  const told = await configInCluster(await world.clusterOf(stage), stage);
  const workloads = withLocked(told.workloads, lock.lock, stage);
  const state: PromotionState = { ...storedState(into, policy.hash), refused };
  const { observed, verdicts } = await look(world, workloads, now, state.candidate?.digests);
  return proposalOf({ policy, stage, workloads, state, observed, verdicts, now }, proposedDigests(into, stage));
}

function storedState(into: string | undefined, policyHash: string): PromotionState {
  const text = into === undefined ? undefined : readIfThere(join(into, SHARED.state));
  return parseState(text, SHARED.state) ?? emptyState(policyHash);
}

function proposedDigests(into: string | undefined, { name }: Stage): Readonly<Record<string, string>> {
  const text = into === undefined ? undefined : readIfThere(join(into, SHARED.proposed));
  if (text === undefined) return {};
  const entries = Object.entries(parseLock(text, SHARED.proposed).images);
  return Object.fromEntries(
    entries.flatMap(([reference, stages]) => (stages[name] === undefined ? [] : [[reference, stages[name].digest]])),
  );
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function entriesOf(lock: ImageLock, stage: Stage, { changes, state }: Proposal): Record<string, Record<string, LockEntry>> {
  const seenAt = state.candidate?.seenAt ?? '';
  return Object.fromEntries(changes.map((change) => [change.reference, { [stage.name]: entryOf(lock, stage, change, seenAt) }]));
}

/** What the lock says of the image in a stage before; of one that waited while they moved on, what is known of it. */
function entryOf(lock: ImageLock, { after }: Stage, { reference, to }: Change, seenAt: string): LockEntry {
  const stages = lock.images[reference] ?? {};
  const entries = [...after.map((name) => stages[name]), ...Object.values(stages)];
  const known = entries.find((entry) => entry?.digest === to.digest);
  if (known === undefined) return { ...to, releasedAt: seenAt, releasedFrom: 'firstSeen' };
  const { held: _held, promotedAt: _promotedAt, ...entry } = known;
  return entry;
}
