import { type ChecksInput, checkStage } from '../../src/checks/checks.js';
import { workloadKindOf } from '../../src/manifest/kinds.js';
import type { Container, Manifest } from '../../src/manifest/manifest.js';
import { CHECK_NAMES, type CheckName, type CheckSeverities } from '../../src/policy/synthesis-checks.js';
import { formatProblem } from '../../src/problem.js';
import { container, manifest, policy, production } from '../rollout/fixture.js';

export { manifest } from '../rollout/fixture.js';

/** What one check says of a stage; the others are off. */
export function says(name: CheckName, objects: readonly Manifest[], input: Partial<ChecksInput> = {}): readonly string[] {
  const off = Object.fromEntries(CHECK_NAMES.filter((each) => each !== name).map((each) => [each, 'off'] as const));
  return told(objects, { ...off, ...input.policy?.checks }, input);
}

/** What the checks say of a stage, each line with its severity. */
export function told(objects: readonly Manifest[], checks: CheckSeverities, input: Partial<ChecksInput> = {}): readonly string[] {
  const workloads = objects.filter((each) => workloadKindOf(each) !== undefined);
  const beside = objects.filter((each) => !workloads.includes(each));
  const problems = checkStage({ stage: production, workloads, beside, ...input, policy: { ...policy, checks } });
  return problems.map((problem) => `${problem.severity} ${formatProblem(problem)}`);
}

export interface Parts {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Rollout';
  readonly name?: string;
  readonly container?: Record<string, unknown>;
  readonly pod?: Record<string, unknown>;
  readonly spec?: Record<string, unknown>;
  readonly labels?: Record<string, string>;
}

/** A workload that nothing is wrong with, as the policy leaves it, with a few fields changed. */
export function workload(parts: Parts = {}): Manifest {
  const { kind = 'Deployment', name = 'web' } = parts;
  const rolling =
    kind === 'Deployment' ? { strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } } } : {};
  const whole: Container = { ...container, image: 'ghcr.io/acme/web:1.4.1', ...parts.container };
  return {
    apiVersion: kind === 'Rollout' ? 'argoproj.io/v1alpha1' : 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      replicas: 2,
      ...rolling,
      minReadySeconds: 10,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name, ...parts.labels } }, spec: { containers: [whole], ...parts.pod } },
      ...parts.spec,
    },
  };
}

export function cronJob(name: string, labels: Record<string, string>): Manifest {
  const template = { metadata: { labels }, spec: { containers: [{ name, image: 'ghcr.io/acme/web:1.4.1' }] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name },
    spec: { schedule: '0 4 * * *', jobTemplate: { spec: { template } } },
  };
}

export const budget = (spec: Record<string, unknown>, name = 'web') =>
  manifest('PodDisruptionBudget', name, { selector: { matchLabels: { app: 'web' } }, ...spec });
export const service = (selector?: Record<string, string>, spec: Record<string, unknown> = {}) =>
  manifest('Service', 'web', { ...(selector === undefined ? {} : { selector }), ...spec });
export const scaler = (name = 'web', minReplicas?: number) =>
  manifest('HorizontalPodAutoscaler', name, { scaleTargetRef: { kind: 'Deployment', name }, ...(minReplicas ? { minReplicas } : {}) });
export const claim = (...accessModes: readonly string[]) => manifest('PersistentVolumeClaim', 'data', { accessModes });
export const mounting = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
export const quotaOf = (hard: Record<string, string | number>, spec: Record<string, unknown> = {}) =>
  manifest('ResourceQuota', 'team', { hard, ...spec });
