import type { RegistryClient } from '../agent/registry.js';
import { editLock, type LockChanges, writeLock } from '../lock/edit.js';
import type { ImageLock, LockEntry, ToolEntry, ToolName } from '../lock/lock.js';
import { normaliseReference, parseReference } from '../lock/reference.js';
import { toInstant } from '../lock/release.js';
import { sameEntry, type Update, type Upstream, updateEntry } from '../lock/update.js';
import { formatDuration } from '../policy/duration.js';
import type { Stage } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import type { Io } from './io.js';
import { type LockOptions, minimumAgeOf, readLockFile, readStages, workloadImages } from './lock-files.js';
import { type LockCandidate, verifySignatures } from './lock-signatures.js';
import { type Answer, clientFor, resolveAll } from './lock-upstream.js';

export interface LockUpdateOptions extends LockOptions {
  /** The policy's file. */
  readonly policy: string;
  /** References to add. @default none */
  readonly image?: readonly string[];
  /** Files of Kubernetes manifests whose images are added. @default none */
  readonly workloads?: readonly string[];
  /** The only stage to change. @default all */
  readonly stage?: string;
  /** How old a newer image must be before it is taken: `72h`, `3d`. @default any age */
  readonly minimumAge?: string;
  /** Whether only the tools are updated. @default images and tools */
  readonly tools?: boolean;
}

/**
 * `patchway lock update`: writes into the lock what the tags mean in the registry now. Stages with `after` get their
 * first entry from the stage before; later ones come by promotion. Where a reference cannot be resolved, or an image is not
 * signed as the policy asks for, nothing is written.
 * @throws PatchwayError where something could not be read or resolved
 */
export async function lockUpdate(options: LockUpdateOptions, io: Io, client: RegistryClient = clientFor(io)): Promise<0> {
  const minimumAge = minimumAgeOf(options.minimumAge);
  const { policy, stages } = readStages(options, io);
  const file = readLockFile(options, io, { create: true });
  const references = options.tools === true ? [] : referencesOf(file.lock, options, io);
  const wanted = references.flatMap(({ key }) => followed(key, file.lock.images[key] ?? {}, stages));
  const tools = Object.entries(file.lock.tools).map(([, { image, tag }]) => `${image}:${tag}`);
  const now = io.now();
  const answers = await resolveAll([...wanted, ...tools], client, now);
  const failures = [...answers.values()].flatMap((answer) => ('failure' in answer ? [answer.failure] : []));
  if (failures.length > 0) throw new PatchwayError(`${failures.join('\n')}\n${file.name} was not changed.`);
  const lines: string[] = [];
  const tell = (line: string) => lines.push(line);
  const images: Record<string, Record<string, LockEntry>> = {};
  for (const { key, written } of references) {
    const changed = updateStages(key, file.lock.images[key] ?? {}, stages, answers, {
      minimumAge,
      now,
      tell,
      warn: (text) => io.err(`${text}\n`),
    });
    if (Object.keys(changed).length > 0) images[written] = changed;
  }
  const changes = { images, tools: updateTools(file.lock, answers, tell) };
  await verifySignatures(policy.promotion.signatures, candidatesOf(file.lock, changes), client, file.name);
  io.out(finish(file, changes, lines));
  return 0;
}

/** The images that the lock would come to name. */
function candidatesOf(lock: ImageLock, { images, tools }: Required<LockChanges>): readonly LockCandidate[] {
  const locked = Object.entries(images).flatMap(([written, stages]) => {
    const key = normaliseReference(written) ?? written;
    const changed = Object.entries(stages).filter(([stage, { digest }]) => lock.images[key]?.[stage]?.digest !== digest);
    return changed.map(([, { digest }]) => ({ repository: key.slice(0, key.lastIndexOf(':')), digest, tool: false }));
  });
  const moved = Object.values(tools).flatMap(({ image, digest }) =>
    digest === undefined ? [] : [{ repository: image, digest, tool: true }],
  );
  return [...locked, ...moved];
}

interface Told {
  readonly minimumAge: number;
  readonly now: number;
  readonly tell: (line: string) => void;
  readonly warn: (text: string) => void;
}

/** The images that have to be resolved: those of first stages, and of stages that can get their first entry from no other. */
function followed(key: string, entries: Readonly<Record<string, LockEntry>>, stages: readonly Stage[]): readonly string[] {
  const willHave = (name: string) => entries[name] !== undefined || stages.some((stage) => stage.name === name);
  return stages
    .filter(({ name, after }) => after.length === 0 || (entries[name] === undefined && !after.some(willHave)))
    .map(({ name }) => imageOf(key, entries[name]));
}

function updateStages(
  key: string,
  entries: Readonly<Record<string, LockEntry>>,
  stages: readonly Stage[],
  answers: ReadonlyMap<string, Answer>,
  { minimumAge, now, tell, warn }: Told,
): Record<string, LockEntry> {
  const after: Record<string, LockEntry> = { ...entries };
  const changed: Record<string, LockEntry> = {};
  for (const stage of stages) {
    const previous = entries[stage.name];
    if (stage.after.length > 0 && previous !== undefined) continue;
    const before = stage.after.map((name) => after[name]).find((entry) => entry !== undefined);
    const answer = answers.get(imageOf(key, previous));
    const update =
      before === undefined ? resolved(answer, (upstream) => updateEntry(previous, upstream, minimumAge, now)) : inherit(before);
    if (update === undefined) continue;
    after[stage.name] = update.entry;
    const what = `${key} in ${stage.name}`;
    if (update.kind === 'held')
      warn(
        `${what}: ${short(update.digest)} is not ${formatDuration(minimumAge)} old before ${toInstant(update.readyAt)}; ${short(update.entry.digest)} stays.`,
      );
    if (update.kind === 'added' && update.young)
      warn(`${what}: taken although it is not ${formatDuration(minimumAge)} old, as there is no older entry.`);
    if (sameEntry(previous, update.entry)) continue;
    changed[stage.name] = update.entry;
    if (update.kind !== 'held') tell(`${what}: ${told(update)}`);
  }
  return changed;
}

function resolved<T>(answer: Answer | undefined, use: (upstream: Upstream) => T): T | undefined {
  return answer !== undefined && 'upstream' in answer ? use(answer.upstream) : undefined;
}

/** A stage starts with what the stage before it has. */
function inherit({ promotedAt: _promotedAt, held: _held, ...entry }: LockEntry): Update {
  return { kind: 'added', entry, young: false };
}

function told(update: Update): string {
  const { tag, digest, releasedAt, releasedFrom } = update.entry;
  const release = releasedFrom === 'firstSeen' ? `first seen ${releasedAt}` : `released ${releasedAt}`;
  return update.kind === 'moved' ? `${tag} ${short(update.from)} → ${short(digest)} (${release})` : `${tag} ${short(digest)} (${release})`;
}

function updateTools(
  { tools }: ImageLock,
  answers: ReadonlyMap<string, Answer>,
  tell: (line: string) => void,
): NonNullable<LockChanges['tools']> {
  const changed: { [T in ToolName]?: ToolEntry } = {};
  for (const name of ['agent', 'trivy', 'grype', 'copa'] as const) {
    const entry = tools[name];
    const answer = entry && answers.get(`${entry.image}:${entry.tag}`);
    if (entry === undefined || answer === undefined || 'failure' in answer || answer.upstream.digest === entry.digest) continue;
    const { digest } = answer.upstream;
    changed[name] = { ...entry, digest };
    tell(`tool ${name}: ${entry.tag} ${entry.digest === undefined ? '' : `${short(entry.digest)} → `}${short(digest)}`);
  }
  return changed;
}

function finish(file: ReturnType<typeof readLockFile>, changes: LockChanges, lines: readonly string[]): string {
  const text = editLock(file.text, changes);
  const unchanged = text === file.text && Object.keys(file.lock.images).length + Object.keys(file.lock.tools).length > 0;
  if (unchanged) return `${file.name} is up to date.\n`;
  writeLock(file.path, text);
  return `${[...lines, `${file.name} was written.`].join('\n')}\n`;
}

/** The lock's own references, then those to add; each with the way it is written. */
function referencesOf(
  lock: ImageLock,
  { image = [], workloads = [] }: LockUpdateOptions,
  io: Io,
): readonly { readonly key: string; readonly written: string }[] {
  const bad = image.filter((text) => parseReference(text) === undefined);
  if (bad.length > 0)
    throw new PatchwayError(`--image ${bad.join(', ')}: not an image reference. Write it like ghcr.io/acme/web:1.4.`, { exitCode: 64 });
  const written = new Map(Object.keys(lock.images).map((key) => [key, key]));
  for (const text of [...image, ...workloadImages(workloads, io)]) {
    const key = normaliseReference(text);
    if (key !== undefined && !written.has(key)) written.set(key, text.replace(/@sha256:[0-9a-f]{64}$/, ''));
  }
  return [...written].map(([key, text]) => ({ key, written: text }));
}

/** What an entry follows: the tag that stands in it, so that a person or an updater can change it there, else the reference's own. */
export function imageOf(key: string, entry: LockEntry | undefined): string {
  const colon = key.lastIndexOf(':');
  return `${key.slice(0, colon)}:${entry?.tag ?? key.slice(colon + 1)}`;
}

/** A digest as people read it. */
export function short(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
