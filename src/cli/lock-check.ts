import type { RegistryClient } from '../agent/registry.js';
import type { ImageLock, LockEntry } from '../lock/lock.js';
import { lockedImage, missingImage } from '../lock/lookup.js';
import { toInstant } from '../lock/release.js';
import { sameEntry, updateEntry } from '../lock/update.js';
import { formatDuration } from '../policy/duration.js';
import type { Stage } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import { readReports } from './gate-files.js';
import type { Io } from './io.js';
import { type LockedBase, lockedBases } from './lock-base.js';
import { declaredBases } from './lock-base-declared.js';
import { baseFindings, basesJson, basesText } from './lock-base-text.js';
import { type LockOptions, minimumAgeOf, readLockFile, readStages, workloadImages } from './lock-files.js';
import { imageOf, short } from './lock-update.js';
import { type Answer, clientFor, resolveAll } from './lock-upstream.js';

export interface LockCheckOptions extends LockOptions {
  /** The policy's file. */
  readonly policy: string;
  /** Files of Kubernetes manifests whose images must be locked, and which may name bases. @default none */
  readonly workloads?: readonly string[];
  /** How old a newer image or base must be before the lock counts as out of date. @default any age */
  readonly minimumAge?: string;
  /** Whether no registry is asked. @default false */
  readonly offline?: boolean;
  /** Whether images' bases are looked at. @default true */
  readonly bases?: boolean;
  /** Files of scanners' reports: what they say of the end of a distribution's life. @default none */
  readonly report?: readonly string[];
  /** `text` or `json`. @default text */
  readonly format?: string;
}

/** What was found; `findings` are what makes the answer no. */
interface Checked {
  readonly name: string;
  readonly findings: readonly string[];
  /** What is newer but not old enough. */
  readonly held: readonly string[];
  /** What a registry did not answer. */
  readonly failures: readonly string[];
  readonly bases: readonly LockedBase[];
}

/**
 * `patchway lock check`: 2 when the lock is out of date, a workload's image is not locked, a tool has no digest, or an
 * image was built on a base that has moved on or has reached the end of its life; every such thing is printed. 1 when a
 * registry could not be asked, and the rest was checked all the same. Else 0.
 * @throws PatchwayError where a file cannot be read
 */
export async function lockCheck(options: LockCheckOptions, io: Io, client: RegistryClient = clientFor(io)): Promise<0 | 1 | 2> {
  const { format = 'text' } = options;
  if (format !== 'text' && format !== 'json') {
    throw new PatchwayError(`--format ${format}: there is no such format; there are text and json.`, { exitCode: 64 });
  }
  const checked = await check(options, io, client);
  const { name, findings, held, failures, bases } = checked;
  for (const line of [...held, ...failures]) io.err(`${line}\n`);
  if (format === 'json') io.out(`${JSON.stringify({ lock: name, findings, held, failures, bases: basesJson(bases) }, undefined, 2)}\n`);
  else {
    io.out(basesText(bases, io.now()));
    for (const finding of findings) io.out(`${finding}\n`);
    if (failures.length === 0 && findings.length === 0) io.out(`${name} is up to date.\n`);
  }
  if (failures.length > 0) return 1;
  return findings.length > 0 ? 2 : 0;
}

async function check(options: LockCheckOptions, io: Io, client: RegistryClient): Promise<Checked> {
  const { workloads = [], offline = false, bases: wanted = true, report = [] } = options;
  const minimumAge = minimumAgeOf(options.minimumAge);
  const { policy, stages } = readStages(options, io);
  const { name, lock } = readLockFile(options, io);
  const images = workloadImages(workloads, io);
  const declared = wanted ? declaredBases(workloads, io) : new Map<string, string>();
  const reports = report.length === 0 ? [] : await readReports(report, io);
  const now = io.now();
  const followed = offline ? [] : followedEntries(lock, stages);
  const asked = [...followed.map(({ image }) => image), ...(offline ? [] : toolImages(lock))];
  const [answers, bases] = await Promise.all([
    resolveAll(asked, client, now),
    wanted ? lockedBases({ lock, stages: stages.map((stage) => stage.name), declared, reports, now, ...(offline ? {} : { client }) }) : [],
  ]);
  const moved = movedEntries(followed, answers, minimumAge, now);
  const behind = baseFindings(bases, policy.gate, minimumAge, now);
  const failures = [
    ...[...answers.values()].flatMap((answer) => ('failure' in answer ? [answer.failure] : [])),
    ...bases.flatMap(({ failure }) => failure ?? []),
  ];
  return {
    name,
    findings: [
      ...unlocked(lock, stages, images),
      ...toolsWithoutDigest(lock),
      ...moved.findings,
      ...movedTools(lock, answers),
      ...behind.findings,
    ],
    held: [...moved.held, ...behind.held],
    failures,
    bases,
  };
}

interface FollowedEntry {
  readonly what: string;
  readonly image: string;
  readonly entry: LockEntry;
}

function movedEntries(followed: readonly FollowedEntry[], answers: ReadonlyMap<string, Answer>, minimumAge: number, now: number) {
  const findings: string[] = [];
  const held: string[] = [];
  for (const { what, image, entry } of followed) {
    const answer = answers.get(image);
    if (answer === undefined || 'failure' in answer) continue;
    const update = updateEntry(entry, answer.upstream, minimumAge, now);
    const { held: _held, ...locked } = entry;
    if (update.kind === 'moved')
      findings.push(
        `${what}: ${entry.tag} is ${short(update.entry.digest)} in the registry, ${short(entry.digest)} in the lock. Run \`patchway lock update\`.`,
      );
    if (update.kind === 'same' && !sameEntry(locked, update.entry))
      findings.push(`${what}: platforms or release are not those of ${short(entry.digest)}. Run \`patchway lock update\`.`);
    if (update.kind === 'held')
      held.push(`${what}: ${short(update.digest)} is not ${formatDuration(minimumAge)} old before ${toInstant(update.readyAt)}.`);
  }
  return { findings, held };
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
function followedEntries(lock: ImageLock, stages: readonly Stage[]): readonly FollowedEntry[] {
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
