import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/manifest/manifest.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { planStage, type StageInput } from '../../src/plan.js';
import { deployment, entry, lock as images, manifest, policy } from '../rollout/fixture.js';

const tool = (image: string) => ({ image, tag: '1', digest: `sha256:${'b'.repeat(64)}` });
const lock = { ...images, tools: { agent: tool('docker.io/library/node'), trivy: tool('r/trivy'), grype: tool('r/grype') } };
const scanned = {
  ...policy,
  scan: {
    ...policy.scan,
    scanners: [
      { kind: 'grype', args: [] },
      { kind: 'trivy', args: [] },
    ],
  },
} as const;

const plan = (workloads: readonly Manifest[], changes: Partial<StageInput> = {}) =>
  planStage({ policy: scanned, stage: 'production', workloads, lock, agentBundle: 'console.log(1)', ...changes });
const titles = (manifests: readonly Manifest[]) => manifests.map((m) => `${m.kind}/${m.metadata.name}`);
const named = (name: string) => ({ ...deployment(), metadata: { name } });

describe('the plan of a stage', () => {
  it('holds the workloads, the scans and the rules, in the order of applying', () => {
    const { manifests, problems, warnings, workloads } = plan([deployment(), manifest('Service', 'web', { selector: { app: 'web' } })]);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
    expect(workloads.map((w) => w.name)).toEqual(['web']);
    expect(titles(manifests.filter((m) => m.metadata.namespace !== 'storefront'))).toEqual([
      'Role/patchway-promotion-production',
      'RoleBinding/patchway-promotion-production',
      'ValidatingAdmissionPolicy/patchway-images.storefront.production.storefront',
      'ValidatingAdmissionPolicy/patchway-promoted.storefront.production.storefront',
      'ValidatingAdmissionPolicy/patchway-promoter.storefront.production.storefront',
      'ValidatingAdmissionPolicyBinding/patchway-images.storefront.production.storefront',
      'ValidatingAdmissionPolicyBinding/patchway-promoted.storefront.production.storefront',
      'ValidatingAdmissionPolicyBinding/patchway-promoter.storefront.production.storefront',
    ]);
    const kinds = [...new Set(manifests.map((m) => m.kind))];
    expect(kinds).toEqual([
      'ServiceAccount',
      'Role',
      'RoleBinding',
      'ConfigMap',
      'Lease',
      'Service',
      'Deployment',
      'PodDisruptionBudget',
      'CronJob',
      'PrometheusRule',
      'ServiceMonitor',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
    ]);
    expect(titles(manifests)).toEqual(
      expect.arrayContaining([
        'Deployment/web',
        'CronJob/patchway-promotion-production',
        'CronJob/patchway-scan-production',
        'Deployment/patchway-exporter-production',
      ]),
    );
  });

  it('is the same for the same input in another order, and another workload only adds', () => {
    const two = [named('web'), named('api')];
    expect(toYaml(plan(two).manifests)).toBe(toYaml(plan(two.toReversed()).manifests));
    const before = titles(plan(two).manifests).filter((t) => !t.includes('patchway-config'));
    const after = titles(plan([...two, named('batch')]).manifests);
    expect(after.filter((t) => before.includes(t))).toEqual(before);
  });

  it('warns where a database would be downloaded for each of many images', () => {
    const references = Array.from({ length: 21 }, (_, index) => `ghcr.io/acme/web${index}:1.4`);
    const images = Object.fromEntries(references.map((reference) => [reference, { production: entry }]));
    const fleet = references.map((image, index) => ({ ...deployment({ container: { image } }), metadata: { name: `web${index}` } }));
    const paths = (workloads: readonly Manifest[]) => plan(workloads, { lock: { ...lock, images } }).warnings.map(({ path }) => path);
    expect(paths(fleet)).toEqual(['scan.scanners[0].database', 'scan.scanners[1].database']);
    expect(paths(fleet.slice(1))).toEqual([]);
  });

  it('leaves objects without a namespace without one', () => {
    const { manifests } = plan([deployment(), manifest('ClusterIssuer', 'acme'), manifest('PriorityClass', 'high')]);
    for (const kind of ['ClusterIssuer', 'PriorityClass']) {
      expect(manifests.find((m) => m.kind === kind)?.metadata).not.toHaveProperty('namespace');
    }
  });

  it('has no scans and only a warning where it has no Deployment', () => {
    const { manifests, warnings, problems } = plan([manifest('ConfigMap', 'settings')]);
    expect(titles(manifests)).toEqual(['ConfigMap/settings']);
    expect(warnings.map((w) => w.message)).toEqual([expect.stringContaining('Stage production has no Deployment')]);
    expect(problems).toEqual([]);
  });

  it('has neither agent nor exporter where the policy wants none', () => {
    const { manifests } = plan([deployment()], { policy: { ...scanned, monitoring: { ...scanned.monitoring, exporter: false } } });
    expect(titles(manifests)).not.toContain('Deployment/patchway-exporter-production');
  });
});

describe('everything that is wrong', () => {
  it('is told at once', () => {
    const { problems } = plan(
      [
        deployment({ container: { image: 'nginx', readinessProbe: undefined } }),
        manifest('StatefulSet', 'db'),
        manifest('CronJob', 'cleanup'),
        manifest('ConfigMap', 'twice'),
        manifest('ConfigMap', 'twice'),
        { ...manifest('Deployment', 'hollow'), apiVersion: 'apps/v1' },
      ],
      { lock: { ...lock, tools: {} } },
    );
    const messages = problems.map((p) => `${p.path}: ${p.message}`);
    for (const expected of [
      /^Deployment\/web spec\.template\.spec\.containers\[0\]\.image: docker\.io\/library\/nginx:latest is not locked/,
      /^Deployment\/web .*readinessProbe: Container web serves/,
      /^StatefulSet\/db: A StatefulSet runs containers .* only Deployments are today/,
      /^CronJob\/cleanup: A CronJob runs/,
      /^ConfigMap\/twice: There are two of this kind and name/,
      /^Deployment\/hollow spec\.template\.spec\.containers: A Deployment needs a list/,
      /^image lock tools\.agent: the lock names no image for agent/,
      /^image lock tools\.grype: the lock names no image for grype/,
      /^image lock tools\.trivy: the lock names no image for trivy/,
    ]) {
      expect(messages).toContainEqual(expect.stringMatching(expected));
    }
    expect(new Set(messages).size).toBe(messages.length);
  });

  it('includes a stage that the policy does not have', () => {
    const { problems, manifests } = plan([deployment()], { stage: 'prod' });
    expect(manifests).toEqual([]);
    expect(problems.map((p) => p.message)).toEqual(['Policy storefront has no stage prod; its stages are staging, production.']);
  });
});
