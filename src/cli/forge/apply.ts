import { spawnSync } from 'node:child_process';
import { dig } from '../../manifest/dig.js';
import type { Manifest } from '../../manifest/manifest.js';
import { names } from '../../manifest/names.js';
import { isClusterScoped } from '../../manifest/scope.js';
import type { StageConfig } from '../../manifest/stage-config.js';
import { toYaml } from '../../manifest/yaml.js';
import type { Stage } from '../../policy/policy.js';
import { badInput, PatchwayError } from '../../problem.js';
import type { Io } from '../io.js';
import { readManifests } from '../manifest-files.js';

/** What synthesis wrote for one stage. */
export interface StageManifests {
  readonly manifests: readonly Manifest[];
  /** What its agents are told: the workloads, with the images that the lock named. */
  readonly config: StageConfig;
}

/**
 * The objects of a stage among files that may have others' too: those labelled with it, and of the rest those in its
 * namespace or in none.
 * @throws PatchwayError 65 where files cannot be read, or nothing in them is of this stage
 */
export function readStageManifests(files: readonly string[], { name, namespace }: Stage, io: Io): StageManifests {
  const { manifests: written, problems } = readManifests(files, io);
  if (problems.length > 0) throw badInput('--manifests', problems);
  const manifests = written
    .map(({ manifest }) => manifest)
    .filter((manifest) => {
      const stage = manifest.metadata.labels?.['patchway.dev/stage'];
      return stage === undefined ? isClusterScoped(manifest) || manifest.metadata.namespace === namespace : stage === name;
    });
  const configMap = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.namespace === namespace && metadata.name.startsWith(names.config(name, '')),
  );
  const json = dig(configMap, 'data', 'config.json');
  if (typeof json === 'string') return { manifests, config: JSON.parse(json) as StageConfig };
  const message = `There is no ConfigMap ${names.config(name, '…')} of stage ${name} in ${files.join(', ')}. Name the files that synthesis wrote.`;
  throw badInput('--manifests', [{ path: '', message, severity: 'error' }]);
}

export interface ApplyOptions {
  readonly context?: string | undefined;
  readonly forceConflicts?: boolean;
}

/**
 * Applies manifests as kubectl does, server-side, so that fields of other managers are met as conflicts.
 * @throws PatchwayError with what kubectl said, where it failed
 */
export function applyThroughKubectl(manifests: readonly Manifest[], { context, forceConflicts = false }: ApplyOptions, io: Io): void {
  const args = ['apply', '--server-side', '--field-manager=patchway-deploy', ...(forceConflicts ? ['--force-conflicts'] : []), '-f', '-'];
  const place = context === undefined ? [] : [`--context=${context}`];
  const { status, stdout, stderr, error } = spawnSync('kubectl', [...place, ...args], {
    input: toYaml(manifests),
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  if (error !== undefined) throw new PatchwayError('kubectl could not be started: install it, or put it on the PATH.', { cause: error });
  io.err(stdout);
  if (status !== 0) throw new PatchwayError(`kubectl apply failed:\n${stderr.trim()}`);
}
