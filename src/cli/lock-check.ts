import type { RegistryClient } from '../agent/registry.js';
import type { ImageLock, LockEntry } from '../lock/lock.js';
import { lockedImage, missingImage } from '../lock/lookup.js';
import { toInstant } from '../lock/release.js';
import { updateEntry } from '../lock/update.js';
import { formatDuration } from '../policy/duration.js';
import type { Stage } from '../policy/policy.js';
import type { Io } from './io.js';
import { type LockOptions, minimumAgeOf, readLockFile, readStages, workloadImages } from './lock-files.js';
import { imageOf, short } from './lock-update.js';
import { type Answer, clientFor, resolveAll } from './lock-upstream.js';

export interface LockCheckOptions extends LockOptions {
  /** The policy's file. */
  readonly policy: string;
  /** Files of Kubernetes manifests whose images must be locked. @default none */
  readonly workloads?: readonly string[];
  /** How old a newer image must be before the lock counts as out of date. @default any age */
  readonly minimumAge?: string;
  /** Whether no registry is asked. @default false */
  readonly offline?: boolean;
}

/**
 * `patchway lock check`: 2 when the lock is out of date, a workload's image is not locked or a tool has no digest; every
 * such thing is printed. 1 when a registry could not be asked, and the rest was checked all the same. Else 0.
 * @throws PatchwayError where a file cannot be read
 */
export async function lockCheck(options: LockCheckOptions, io: Io, client: RegistryClient = clientFor(io)): Promise<0 | 1 | 2> {
  const minimumAge = minimumAgeOf(options.minimumAge);
  const { stages } = readStages(options, io);
  const { name, lock } = readLockFile(options, io);
  const findings = [...unlocked(lock, stages, workloadImages(options.workloads ?? [], io)), ...toolsWithoutDigest(lock)];
  const followed = options.offline === true ? [] : followedEntries(lock, stages);
  const now = io.now();
  const answers = await resolveAll(
    [...followed.map(({ image }) => image), ...(options.offline === true ? [] : toolImages(lock))],
    client,
    now,
  );
  for (const { what, image, entry } of followed) {
    const answer = answers.get(image);
    if (answer === undefined || 'failure' in answer) continue;
    const update = updateEntry(entry, answer.upstream, minimumAge, now);
    if (update.kind === 'moved')
      findings.push(
        `${what}: ${entry.tag} is ${short(update.entry.digest)} in the registry, ${short(entry.digest)} in the lock. Run \`patchway lock update\`.`,
      );
    if (update.kind === 'held')
      io.err(`${what}: ${short(update.digest)} is not ${formatDuration(minimumAge)} old before ${toInstant(update.readyAt)}.\n`);
  }
  findings.push(...movedTools(lock, answers));
  const failures = [...answers.values()].flatMap((answer) => ('failure' in answer ? [answer.failure] : []));
  for (const failure of failures) io.err(`${failure}\n`);
  for (const finding of findings) io.out(`${finding}\n`);
  if (failures.length > 0) return 1;
  if (findings.length > 0) return 2;
  io.out(`${name} is up to date.\n`);
  return 0;
}

function unlocked(lock: ImageLock, stages: readonly Stage[], images: readonly string[]): string[] {
  return images.flatMap((image) =>
    stages.filter(({ name }) => lockedImage(lock, image, name) === undefined).map(({ name }) => missingImage(image, name)),
  );
}

function toolsWithoutDigest({ tools }: ImageLock): readonly string[] {
  return Object.entries(tools)
    .filter(([, { digest }]) => digest === undefined)
    .map(([name, { image, tag }]) => `tool ${name} (${image}:${tag}) has no digest. Run \`patchway lock update\`.`);
}

/** Entries that follow their tag: those of stages without `after`. What promotion moves is not the registry's affair. */
function followedEntries(
  lock: ImageLock,
  stages: readonly Stage[],
): readonly { readonly what: string; readonly image: string; readonly entry: LockEntry }[] {
  const first = stages.filter(({ after }) => after.length === 0);
  return Object.entries(lock.images).flatMap(([key, entries]) =>
    first.flatMap(({ name }) => {
      const entry = entries[name];
      return entry === undefined ? [] : [{ what: `${key} in ${name}`, image: imageOf(key, entry), entry }];
    }),
  );
}

function toolImages({ tools }: ImageLock): readonly string[] {
  return Object.values(tools).flatMap(({ image, tag, digest }) => (digest === undefined ? [] : [`${image}:${tag}`]));
}

function movedTools({ tools }: ImageLock, answers: ReadonlyMap<string, Answer>): readonly string[] {
  return Object.entries(tools).flatMap(([name, { image, tag, digest }]) => {
    const answer = answers.get(`${image}:${tag}`);
    if (digest === undefined || answer === undefined || 'failure' in answer || answer.upstream.digest === digest) return [];
    return [
      `tool ${name}: ${image}:${tag} is ${short(answer.upstream.digest)} in the registry, ${short(digest)} in the lock. Run \`patchway lock update\`.`,
    ];
  });
}
