import { describe, expect, it } from 'vitest';
import { dig } from '../../src/manifest/dig.js';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import { jobs } from '../../src/promotion/jobs.js';
import { api, policy, production, staging, web } from '../rules/storefront.js';

const mount = { image: 'docker.io/library/node:20@sha256:1', bundle: 'patchway-agent-1', config: 'patchway-config-1' };
const NAME = 'patchway-promotion-production';
const EVIDENCE = expect.stringMatching(/^patchway-evidence-ghcr-io-acme-web-/);
const make = (stage = production, workloads: readonly WorkloadSummary[] = [web, api], stages = policy.stages) =>
  jobs.manifests({ policy: { ...policy, stages }, stage, workloads, mount });
const rulesOf = (namespace: string, manifests = make()) =>
  dig(
    manifests.find(({ kind, metadata }) => kind === 'Role' && metadata.namespace === namespace),
    'rules',
  );

describe('the promotion of a stage by jobs', () => {
  it('is one of each in its namespace, and access to the one before', () => {
    expect(make().map(({ kind, metadata }) => `${metadata.namespace} ${kind} ${metadata.name}`)).toEqual([
      `storefront ServiceAccount ${NAME}`,
      `storefront Role ${NAME}`,
      `storefront RoleBinding ${NAME}`,
      `storefront-staging Role ${NAME}`,
      `storefront-staging RoleBinding ${NAME}`,
      `storefront ConfigMap ${NAME}`,
      'storefront ConfigMap patchway-approvals-production',
      'storefront Role patchway-approvers-production',
      `storefront Lease ${NAME}`,
      `storefront CronJob ${NAME}`,
    ]);
  });

  it('may change its own workloads, state and Lease, by name', () => {
    expect(rulesOf('storefront')).toEqual([
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'], resourceNames: ['api', 'web'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'update'], resourceNames: [NAME] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: ['patchway-approvals-production', EVIDENCE] },
      { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'patch', 'promote'], resourceNames: ['patchway-guard-production'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'update'], resourceNames: [NAME] },
      // Kubernetes cannot name objects that are yet to be made.
      { apiGroups: [''], resources: ['events'], verbs: ['create'] },
    ]);
  });

  it('lets whoever is bound to a Role decide, and nobody else', () => {
    const approvers = make().find(({ metadata }) => metadata.name === 'patchway-approvers-production');
    expect(dig(approvers, 'rules')).toEqual([
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'update'], resourceNames: ['patchway-approvals-production'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: [NAME] },
    ]);
    expect(make().filter(({ kind, roleRef }) => kind === 'RoleBinding' && dig(roleRef, 'name') === approvers?.metadata.name)).toEqual([]);
  });

  it('may make Jobs where one verifies, and has the time for it', () => {
    const pod = { containers: [{ name: 'check', image: 'check@sha256:1' }] };
    const verified = make({ ...production, verify: [{ kind: 'job', pod }] });
    expect(rulesOf('storefront', verified)).toContainEqual({ apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'get'] });
    const seconds = dig(verified.at(-1), 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'activeDeadlineSeconds');
    expect(seconds).toBe(1360 + 600);
    const asked = make({ ...production, verify: [{ kind: 'http', url: 'http://web/', status: 200 }] });
    expect(JSON.stringify(rulesOf('storefront', asked))).not.toContain('"jobs"');
  });

  it('may only look at the workloads and evidence of the stage before', () => {
    expect(rulesOf('storefront-staging')).toEqual([
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: ['api', 'web'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: [EVIDENCE] },
    ]);
    const bindings = make().filter(({ kind }) => kind === 'RoleBinding');
    for (const binding of bindings) {
      expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: NAME, namespace: 'storefront' }]);
    }
  });

  it('looks at every stage that it comes after, and no other', () => {
    const [qa, dev] = [
      { ...staging, name: 'qa', namespace: 'storefront-qa' },
      { ...staging, name: 'dev', namespace: 'storefront-dev' },
    ];
    const last = { ...production, after: ['staging', 'qa'] };
    const namespaces = make(last, [web], [dev, staging, qa, last]).map(({ metadata }) => metadata.namespace);
    expect([...new Set(namespaces)]).toEqual(['storefront', 'storefront-staging', 'storefront-qa']);
  });

  it('keeps state and Lease without contents, so that applying them again leaves what runs have stored', () => {
    const kept = make().filter(({ kind }) => kind === 'ConfigMap' || kind === 'Lease');
    expect(kept).toHaveLength(3);
    for (const manifest of kept) {
      expect(Object.keys(manifest).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
    }
  });

  it('runs one restricted pod at a time, on the schedule, and retries what was cut off', () => {
    const cronJob = make().find(({ kind }) => kind === 'CronJob');
    expect(cronJob?.spec).toMatchObject({
      schedule: '*/10 * * * *',
      timeZone: 'UTC',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      jobTemplate: {
        spec: {
          backoffLimit: 3,
          podReplacementPolicy: 'Failed',
          // Twice the 10 min of the rollout's deadline and its slack, 10 s of readiness, and 2 min for the rest.
          activeDeadlineSeconds: 2 * 1360,
          template: {
            spec: {
              serviceAccountName: NAME,
              activeDeadlineSeconds: 1360,
              restartPolicy: 'Never',
              automountServiceAccountToken: false,
              securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
              containers: [
                {
                  name: 'promote',
                  command: ['node', '/patchway/agent/agent.mjs', 'promote'],
                  securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
                },
              ],
            },
          },
        },
      },
    });
  });

  it('may do the same with every kind, and get rid of broken pods of StatefulSets, each by name', () => {
    const workloads: readonly WorkloadSummary[] = [
      web,
      { ...web, kind: 'StatefulSet', name: 'database', replicas: 2 },
      { ...web, kind: 'StatefulSet', name: 'cache' },
      { ...web, kind: 'DaemonSet', name: 'collector' },
      { ...web, kind: 'CronJob', name: 'report' },
      { ...web, kind: 'Rollout', name: 'canary' },
      { ...web, name: 'api', rolledBy: 'api-rollout' },
    ];
    const resources = (rules: unknown) =>
      (rules as readonly { resources: readonly string[]; verbs: readonly string[]; resourceNames: readonly string[] }[])
        .map(({ resources: [resource], verbs, resourceNames }) => `${resource} ${verbs} ${resourceNames}`)
        .filter((rule) => !/configmaps|serviceaccounts|leases|events/.test(rule));
    expect(resources(rulesOf('storefront', make(production, workloads)))).toEqual([
      'cronjobs get,patch report',
      'daemonsets get,patch collector',
      'deployments get,patch api,web',
      'rollouts get,patch canary',
      'statefulsets get,patch cache,database',
      'rollouts get api-rollout',
      'pods get,delete database-0,database-1,cache-0',
    ]);
    expect(resources(rulesOf('storefront-staging', make(production, workloads)))).toEqual([
      'cronjobs get report',
      'daemonsets get collector',
      'deployments get api,web',
      'rollouts get canary',
      'statefulsets get cache,database',
      'rollouts get api-rollout',
    ]);
    const three = { ...production, replicas: 3 };
    expect(resources(rulesOf('storefront', make(three, workloads.slice(1, 2)))).at(-1)).toBe(
      'pods get,delete database-0,database-1,database-2',
    );
  });

  it('watches a stage that comes after none where the policy says so, without looking at evidence', () => {
    const watching = { ...policy, rollout: { ...policy.rollout, autoRollback: 'watch' as const } };
    const manifests = jobs.manifests({ policy: watching, stage: staging, workloads: [web], mount });
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(
      ['ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap', 'Lease', 'CronJob'].map((kind) => `${kind} patchway-promotion-staging`),
    );
    expect(JSON.stringify(rulesOf('storefront-staging', manifests))).not.toContain('patchway-evidence');
  });

  it('is not made for a stage that comes after none, nor without images', () => {
    expect(make(staging)).toEqual([]);
    expect(make(production, [])).toEqual([]);
    expect(make(production, [{ ...web, images: [] }])).toEqual([]);
  });
});
