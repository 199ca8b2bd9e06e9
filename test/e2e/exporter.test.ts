import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentBundle } from '../../src/agent-bundle.js';
import { exporterManifests } from '../../src/exporter/manifests.js';
import type { Evidence } from '../../src/gate/evidence.js';
import { agentConfigMap, stageConfigMap } from '../../src/manifest/agent-config.js';
import { names } from '../../src/manifest/names.js';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import { toYaml } from '../../src/manifest/yaml.js';
import type { PolicyDocument } from '../../src/policy/policy.js';
import type { PromotionState } from '../../src/promotion/state.js';
import * as storefront from '../rules/storefront.js';
import { apply, digestOf, eventually, exec, freshNamespace, hasCluster, kubectl, REGISTRY } from './cluster.js';
import { hasPromtool, promtool } from './promtool.js';

const NAMESPACE = 'patchway-e2e-exporter';
const EXPORTER = 'patchway-exporter-production';
const ACCOUNT = `system:serviceaccount:${NAMESPACE}:${EXPORTER}`;

describe.runIf(hasCluster())('the exporter in a cluster', () => {
  const repository = `${REGISTRY}/web`;
  const stage = { ...storefront.production, namespace: NAMESPACE };
  const policy: PolicyDocument = {
    ...storefront.policy,
    stages: [storefront.staging, stage],
    monitoring: { ...storefront.policy.monitoring, prometheus: 'rules-file' },
  };
  let digest = '';
  let workload: WorkloadSummary;

  beforeAll(async () => {
    digest = digestOf('web:1.0.0');
    const reference = `${repository}:1.0.0`;
    const releasedAt = '2026-10-02T07:00:00Z';
    const image = { container: 'web', init: false, reference, repository, tag: '1.0.0', digest, releasedAt };
    workload = { kind: 'Deployment', name: 'web', images: [image] };
    const bundle = agentConfigMap(policy.name, stage.name, NAMESPACE, agentBundle());
    const config = stageConfigMap({ schemaVersion: 1, policy, stage: stage.name, workloads: [workload] }, NAMESPACE);
    const mount = { image: `${REGISTRY}/node:20`, bundle: bundle.metadata.name, config: config.metadata.name };
    await freshNamespace(NAMESPACE);
    await apply(
      toYaml([
        bundle,
        config,
        configMap(names.evidence(repository), 'evidence', evidence(repository, digest)),
        configMap(names.promotion(stage.name), 'state', promotion),
        deployment(`${reference}@${digest}`),
        ...exporterManifests({ policy, stage, workloads: [workload], mount }),
      ]),
    );
    await kubectl(['-n', NAMESPACE, 'rollout', 'status', `deployment/${EXPORTER}`, '--timeout=180s']);
  });
  afterAll(() => kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']));

  const scrape = () => exec('kubectl', ['get', '--raw', `/api/v1/namespaces/${NAMESPACE}/services/${EXPORTER}:metrics/proxy/metrics`]);
  const labels = `policy="storefront",stage="production",namespace="${NAMESPACE}"`;
  const web = `${labels},workload="web"`;

  it('serves the numbers of the stored state through its Service', async () => {
    const { stdout } = await eventually('a scrape', async () => {
      const outcome = await scrape();
      return outcome.code === 0 ? outcome : undefined;
    });
    const samples = stdout.split('\n');
    expect(samples).toContain(`patchway_scan_last_success_timestamp_seconds{${web}} ${Date.parse('2026-11-21T03:17:00Z') / 1000}`);
    expect(samples).toContain(`patchway_findings{${web},severity="critical",fixable="true"} 1`);
    expect(samples).toContain(`patchway_findings{${web},severity="medium",fixable="false"} 1`);
    expect(samples).toContain(`patchway_findings_exploited{${web}} 1`);
    expect(samples).toContain(`patchway_gate_closes_timestamp_seconds{${web}} ${Date.parse('2026-11-20T00:00:00Z') / 1000}`);
    expect(samples).toContain(`patchway_image_info{${web},repository="${repository}",digest="${digest}"} 1`);
    expect(samples).toContain(`patchway_drift{${web}} 0`);
    expect(samples).toContain(`patchway_promotion_state{${labels},state="soaking"} 1`);
    expect(samples).toContain(`patchway_window_open{${labels}} 1`);
  });

  it.runIf(hasPromtool())(
    'writes what promtool finds no fault with',
    async () => {
      const { stdout } = await scrape();
      expect(stdout).toContain('patchway_workload_info');
      expect(await promtool(['check', 'metrics'], stdout)).toEqual({ code: 0, stdout: '', stderr: '' });
    },
    900_000,
  );

  it('shows at the next scrape that something else runs, of which nothing is known', async () => {
    const other = digestOf('web:1.0.2');
    await kubectl(['-n', NAMESPACE, 'set', 'image', 'deployment/web', `web=${repository}:1.0.2@${other}`]);
    const { stdout } = await scrape();
    expect(stdout).toContain(`patchway_drift{${web}} 1\n`);
    expect(stdout).toContain(`patchway_image_info{${web},repository="${repository}",digest="${other}"} 1\n`);
    expect(stdout).not.toMatch(/^patchway_(findings|scan|gate)/m);
  });

  it.each([
    ['get', `configmaps/${names.evidence(`${REGISTRY}/web`)}`, 'yes'],
    ['get', 'configmaps/patchway-promotion-production', 'yes'],
    ['get', 'deployments.apps/web', 'yes'],
    ['get', 'configmaps/another', 'no'],
    ['list', 'configmaps', 'no'],
    ['update', `configmaps/${names.evidence(`${REGISTRY}/web`)}`, 'no'],
    ['patch', 'deployments.apps/web', 'no'],
    ['get', 'secrets/another', 'no'],
    // Pods that the guard let in by their label are counted.
    ['list', 'pods', 'yes'],
    ['delete', 'pods', 'no'],
  ])('may it %s %s: %s', async (verb, resource, answer) => {
    const { stdout } = await exec('kubectl', ['-n', NAMESPACE, 'auth', 'can-i', verb, resource, `--as=${ACCOUNT}`]);
    expect(stdout.trim()).toBe(answer);
  });

  it('answers 503 and why while it cannot read its state, and recovers', async () => {
    const binding = await kubectl(['-n', NAMESPACE, 'get', 'rolebinding', EXPORTER, '-o', 'yaml']);
    await kubectl(['-n', NAMESPACE, 'delete', 'rolebinding', EXPORTER]);
    const refused = await eventually('a refusal', async () => {
      const outcome = await scrape();
      return outcome.code === 0 ? undefined : outcome;
    });
    expect(refused.stdout).not.toContain('patchway_');
    expect(refused.stderr).toContain('ServiceUnavailable');
    expect(await kubectl(['-n', NAMESPACE, 'logs', `deployment/${EXPORTER}`])).toContain('no metrics: this account may not do that (403)');
    await kubectl(['create', '-f', '-'], binding.replace(/^ {2}(resourceVersion|uid|creationTimestamp):.*\n/gm, ''));
    await eventually('metrics', async () => ((await scrape()).stdout.includes('patchway_workload_info') ? true : undefined));
  });
});

const none = { fixable: 0, unfixable: 0 };

function evidence(repository: string, digest: string): Evidence {
  return {
    schemaVersion: 1,
    policyHash: storefront.policy.hash,
    repository,
    digests: {
      [digest]: {
        platforms: {},
        scannedAt: '2026-11-21T03:17:00Z',
        complete: true,
        scanners: [{ kind: 'grype', status: 'ok' }],
        counts: {
          critical: { fixable: 1, unfixable: 0 },
          high: none,
          medium: { fixable: 0, unfixable: 1 },
          low: none,
          unknown: none,
          exploited: 1,
        },
        gateClosesAt: '2026-11-20T00:00:00Z',
        findings: [],
      },
    },
  };
}

const promotion: PromotionState = {
  schemaVersion: 1,
  policyHash: storefront.policy.hash,
  workloads: {},
  step: 'soaking',
  refused: [],
  history: [],
};

function configMap(name: string, key: string, value: unknown) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data: { [key]: JSON.stringify(value) } };
}

/** It runs no pod: the exporter reads what the Deployment names. */
function deployment(image: string) {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: NAMESPACE },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  };
}
