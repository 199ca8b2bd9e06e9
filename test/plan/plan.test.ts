import { describe, expect, it } from 'vitest';
import { containersOf } from '../../src/manifest/containers.js';
import { templatePathOf } from '../../src/manifest/kinds.js';
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
const labelled = (app: string) => deployment({ labels: { app }, spec: { selector: { matchLabels: { app } } } });
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
      'ValidatingAdmissionPolicy/patchway-approvals.storefront.production.storefront',
      'ValidatingAdmissionPolicy/patchway-images.storefront.production.storefront',
      'ValidatingAdmissionPolicy/patchway-promoted.storefront.production.storefront',
      'ValidatingAdmissionPolicy/patchway-promoter.storefront.production.storefront',
      'ValidatingAdmissionPolicyBinding/patchway-approvals.storefront.production.storefront',
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
    const fleet = references.map((image, index) => {
      const app = `web${index}`;
      const spec = { selector: { matchLabels: { app } } };
      return { ...deployment({ container: { image }, labels: { app }, spec }), metadata: { name: app } };
    });
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

  it('takes workloads of every kind, each with what its kind needs', () => {
    const pods = (name: string) => ({ ...labelled(name).spec, ...(name === 'db' ? { serviceName: 'db', replicas: 3 } : {}) });
    const of = (apiVersion: string, kind: string, name: string, spec: unknown): Manifest => ({
      apiVersion,
      kind,
      metadata: { name },
      spec,
    });
    const batch = (name: string) => ({ spec: { template: labelled(name).spec.template } });
    const { manifests, workloads, problems, warnings } = plan([
      deployment(),
      of('apps/v1', 'StatefulSet', 'db', pods('db')),
      of('apps/v1', 'DaemonSet', 'logs', pods('logs')),
      of('batch/v1', 'CronJob', 'report', { schedule: '0 4 * * *', jobTemplate: batch('report') }),
      of('argoproj.io/v1alpha1', 'Rollout', 'shop', pods('shop')),
      of('batch/v1', 'Job', 'migrate', batch('migrate').spec),
    ]);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
    expect(workloads.map(({ kind, name, images }) => [kind, name, images.length])).toEqual([
      ['StatefulSet', 'db', 1],
      ['DaemonSet', 'logs', 1],
      ['CronJob', 'report', 1],
      ['Rollout', 'shop', 1],
      ['Deployment', 'web', 1],
    ]);
    const own = (kind: string) =>
      manifests.filter((m) => m.kind === kind && !m.metadata.name.startsWith('patchway-')).map((m) => m.metadata.name);
    expect(own('PodDisruptionBudget')).toEqual(['db', 'shop', 'web']);
    expect(own('ServiceAccount')).toEqual(['db', 'logs', 'report', 'shop', 'web']);
    for (const name of ['web', 'db', 'logs', 'report', 'shop', 'migrate']) {
      const found = manifests.find(
        (m) => m.metadata.name === name && m.metadata.labels?.['patchway.dev/stage'] && templatePathOf(m) !== undefined,
      );
      expect(found?.metadata.namespace).toBe('storefront');
      expect(found === undefined ? [] : containersOf(found).map(({ container }) => container.image)).toEqual([
        `ghcr.io/acme/web:1.4.1@${entry.digest}`,
      ]);
    }
  });

  it('leaves alone what opts out, and what others run', () => {
    const like = (name: string, metadata: object): Manifest => ({ ...labelled(name), metadata: { name, ...metadata } });
    const { manifests, workloads, problems, warnings } = plan([
      deployment(),
      like('vendor', { annotations: { 'patchway.dev/ignore': 'the vendor updates it' } }),
      like('owned', { ownerReferences: [{ kind: 'Database', name: 'main' }] }),
    ]);
    expect(workloads.map(({ name }) => name)).toEqual(['web']);
    expect(problems).toEqual([]);
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'Deployment/owned: Database/main makes it. So it is left as it is: neither rolled nor scanned.',
    ]);
    for (const name of ['vendor', 'owned']) {
      expect(manifests.find((m) => m.metadata.name === name)?.spec).toEqual(labelled(name).spec);
    }
  });

  it('has no scans and only a warning where it has no workload', () => {
    const { manifests, warnings, problems } = plan([manifest('ConfigMap', 'settings')]);
    expect(titles(manifests)).toEqual(['ConfigMap/settings']);
    expect(warnings.map((w) => w.message)).toEqual([expect.stringContaining('Stage production has no workload')]);
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
        { ...manifest('StatefulSet', 'db'), apiVersion: 'apps/v1' },
        { ...deployment(), kind: 'DaemonSet' },
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
      /^StatefulSet\/db spec\.template\.spec\.containers: A StatefulSet needs a list/,
      /^DaemonSet\/web: Deployment\/web has the same name, and the workloads of a stage/,
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
