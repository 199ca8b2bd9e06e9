import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PatchwayError } from '../problem.js';
import { EXAMPLE_APP, STARTING_LOCK, STARTING_POLICY } from './init-files.js';
import type { Io } from './io.js';
import { writeFiles } from './write-files.js';

export interface InitOptions {
  /** @default the current directory */
  readonly directory?: string;
}

const FILES = [
  { name: 'patch-policy.yaml', text: STARTING_POLICY, about: 'the policy, with comments' },
  { name: 'images.lock.yaml', text: STARTING_LOCK, about: 'the image lock, without digests yet' },
  { name: 'main.ts', text: EXAMPLE_APP, about: 'an example app for cdk8s' },
] as const;

/**
 * `patchway init`: writes a starting policy, an image lock and an example app.
 * @throws when one of them exists: then nothing is written
 */
export async function init({ directory = '.' }: InitOptions, io: Io): Promise<0> {
  const target = resolve(io.cwd, directory);
  const present = FILES.map(({ name }) => name).filter((name) => existsSync(join(target, name)));
  if (present.length > 0) {
    const list = present.map((name) => join(directory, name)).join(', ');
    throw new PatchwayError(`${list} ${present.length === 1 ? 'exists' : 'exist'} already: nothing was written. Choose another directory.`);
  }
  writeFiles(target, directory, FILES, io);
  io.out(NEXT);
  return 0;
}

const NEXT = `
Next:
  patchway validate patch-policy.yaml
  patchway lock update --workloads <your manifests>     resolves tags to digests
  patchway synth patch-policy.yaml --workloads <your manifests>
or, with cdk8s:
  npm install patchway cdk8s constructs tsx
  npx tsx main.ts
`;
