import { badInput } from '../problem.js';
import { ownLabels } from './labels.js';
import type { Manifest } from './manifest.js';
import { canonicalJson, names, shortHash } from './names.js';
import type { StageConfig } from './stage-config.js';

/**
 * An older bundle or configuration is left alone for pods that still run it: no tool may prune it.
 * The annotations are Argo CD's and Flux's.
 */
const KEEP = {
  'argocd.argoproj.io/sync-options': 'Prune=false',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
} as const;

/** The immutable ConfigMap that carries the agent's bundle, named by its content. */
export function agentConfigMap(policy: string, stage: string, namespace: string, bundle: string): Manifest {
  return immutable(names.agent(shortHash(bundle)), policy, stage, namespace, { 'agent.mjs': bundle });
}

/** What a ConfigMap holds, in bytes. */
const ROOM = 2 ** 20;

/**
 * The immutable ConfigMap that tells the agent its policy, stage and workloads, named by its content.
 * @throws PatchwayError (65) where there are too many workloads for one
 */
export function stageConfigMap(config: StageConfig, namespace: string): Manifest {
  const json = canonicalJson(config);
  const bytes = Buffer.byteLength(json);
  if (bytes > ROOM) {
    const message = `What the agent is told of ${config.workloads.length} workloads takes ${bytes} bytes, and a ConfigMap holds ${ROOM}. Split them over two policies with stages of their own.`;
    throw badInput(`policy ${config.policy.name}`, [{ path: `stage ${config.stage}`, message, severity: 'error' }]);
  }
  return immutable(names.config(config.stage, shortHash(json)), config.policy.name, config.stage, namespace, { 'config.json': json });
}

function immutable(name: string, policy: string, stage: string, namespace: string, data: Readonly<Record<string, string>>): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: ownLabels(policy, stage, 'agent'), annotations: KEEP },
    immutable: true,
    data,
  };
}
