import { describe, expect, it } from 'vitest';
import { dig } from '../../../src/manifest/dig.js';
import type { WorkloadSummary } from '../../../src/manifest/stage-config.js';
import type { Stage } from '../../../src/policy/policy.js';
import { promotionManifests } from '../../../src/promotion/engines/engines.js';
import { api, policy, production, staging, web } from '../../rules/storefront.js';

const mount = { image: 'docker.io/library/node:20@sha256:1', bundle: 'patchway-agent-1', config: 'patchway-config-1' };
const make = (stage: Stage, stages: readonly Stage[] = [staging, production], workloads: readonly WorkloadSummary[] = [web, api]) =>
  promotionManifests({ policy: { ...policy, stages, promotion: { ...policy.promotion, engine: 'gitlab-ci' } }, stage, workloads, mount });
const titles = (...args: Parameters<typeof make>) =>
  make(...args).map(({ kind, metadata }) => `${metadata.namespace} ${kind} ${metadata.name}`);
const EVIDENCE = expect.stringMatching(/^patchway-evidence-ghcr-io-acme-web-/);
const readOf = (stage: string) => [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: ['api', 'web'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: [EVIDENCE] },
  {
    apiGroups: ['batch'],
    resources: ['cronjobs'],
    verbs: ['get'],
    resourceNames: [`patchway-promotion-${stage}`, `patchway-scan-${stage}`],
  },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: ['patchway-config-1'] },
];
const OWN = 'patchway-forge-production';

describe('promotion by a forge', () => {
  it('has one account in a cluster, of its last stage, that may read, and nothing that promotes', () => {
    expect(titles(production)).toEqual([`storefront ServiceAccount ${OWN}`, `storefront Role ${OWN}`, `storefront RoleBinding ${OWN}`]);
    expect(dig(make(production)[1], 'rules')).toEqual(readOf('production'));
  });

  it('may read the other stages by manifests of their own', () => {
    expect(titles(staging)).toEqual([`storefront-staging Role ${OWN}`, `storefront-staging RoleBinding ${OWN}`]);
    const [role, binding] = make(staging);
    expect(role?.rules).toEqual(readOf('staging'));
    expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', name: OWN, namespace: 'storefront' }]);
  });

  it('has another account in another cluster', () => {
    const far = { ...production, cluster: 'eu-1' };
    const name = 'patchway-forge-staging';
    expect(titles(staging, [staging, far])).toEqual([
      `storefront-staging ServiceAccount ${name}`,
      `storefront-staging Role ${name}`,
      `storefront-staging RoleBinding ${name}`,
    ]);
    expect(titles(far, [staging, far])).toHaveLength(3);
  });

  it('is not made without images', () => {
    expect(titles(production, [staging, production], [{ ...web, images: [] }])).toEqual([]);
  });
});
