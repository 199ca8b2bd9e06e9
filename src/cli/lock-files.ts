import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EMPTY_LOCK } from '../lock/edit.js';
import type { ImageLock } from '../lock/lock.js';
import { parseLock } from '../lock/parse.js';
import { parseReference } from '../lock/reference.js';
import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import { titleOf } from '../manifest/manifest.js';
import { parseDuration } from '../policy/duration.js';
import { loadPolicy } from '../policy/load.js';
import type { Policy, Stage } from '../policy/policy.js';
import { badInput, PatchwayError } from '../problem.js';
import type { Io } from './io.js';
import { readManifests } from './manifest-files.js';

/** What every `lock` command is told. */
export interface LockOptions {
  /** The lock's file. @default images.lock.yaml */
  readonly lock?: string;
}

/** A lock with the text it was read from. */
export interface LockFile {
  /** As the user named it. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly lock: ImageLock;
}

/**
 * Reads the lock.
 * @param options.create whether a missing one is an empty one
 * @throws when it is missing or malformed
 */
export function readLockFile(
  { lock: name = 'images.lock.yaml' }: LockOptions,
  io: Io,
  options: { readonly create?: boolean } = {},
): LockFile {
  const path = resolve(io.cwd, name);
  const text = options.create === true && !existsSync(path) ? EMPTY_LOCK : readText(path, name);
  return { name, path, text, lock: parseLock(text, name) };
}

/** The policy, and the stages a command is about, each after those that it takes over from. @throws 64 for a stage that the policy does not have */
export function readStages(
  { policy: file, stage }: { readonly policy: string; readonly stage?: string },
  io: Io,
): { readonly policy: Policy<string>; readonly stages: readonly Stage[] } {
  const policy = loadPolicy(resolve(io.cwd, file));
  const depth = (name: string): number => {
    const after = policy.stages.find((other) => other.name === name)?.after ?? [];
    return after.length === 0 ? 0 : 1 + Math.max(...after.map(depth));
  };
  const stages = policy.stages.filter(({ name }) => stage === undefined || name === stage).sort((a, b) => depth(a.name) - depth(b.name));
  if (stages.length > 0) return { policy, stages };
  const known = policy.stages.map(({ name }) => name).join(', ');
  throw new PatchwayError(`--stage ${stage}: the policy has no such stage; it has ${known}.`, { exitCode: 64 });
}

/** `--minimum-age` in milliseconds. @throws 64 where it is not a duration */
export function minimumAgeOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new PatchwayError(`--minimum-age ${text}: this is not a duration. Write it like 72h or 3d.`, { exitCode: 64 });
}

/**
 * Every image in files of Kubernetes manifests, as written but without a digest, each once, in the files' order.
 * @throws 65 with every file that cannot be read and every image that is none
 */
export function workloadImages(files: readonly string[], io: Io): readonly string[] {
  const { manifests, problems: unreadable } = readManifests(files, io);
  const images = new Set<string>();
  const problems = [...unreadable];
  for (const { manifest, file, line } of manifests) {
    for (const image of imagesIn(manifest)) {
      if (parseReference(image) !== undefined) images.add(image.replace(/@sha256:[0-9a-f]{64}$/, ''));
      else
        problems.push({
          path: titleOf(manifest),
          message: `${JSON.stringify(image)} is not an image reference.`,
          severity: 'error',
          file,
          line,
          column: 1,
        });
    }
  }
  if (problems.length > 0) throw badInput('--workloads', problems);
  return [...images];
}

/** Where kinds that run containers keep their pod's spec. */
const POD_SPECS = [['spec', 'template', 'spec'], ['spec', 'jobTemplate', 'spec', 'template', 'spec'], ['spec']];

function imagesIn(manifest: Manifest): readonly string[] {
  return POD_SPECS.flatMap((path) => ['initContainers', 'containers'].flatMap((field) => imagesOf(dig(manifest, ...path, field))));
}

function imagesOf(containers: unknown): readonly string[] {
  return Array.isArray(containers)
    ? containers.map((container) => dig(container, 'image')).filter((image) => typeof image === 'string')
    : [];
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PatchwayError(
      `${name}: the image lock cannot be read: ${reason}. Write one with \`patchway lock update\`, or name it with --lock.`,
      { exitCode: 65, cause },
    );
  }
}
