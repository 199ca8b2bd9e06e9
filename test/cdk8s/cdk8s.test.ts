import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Testing } from 'cdk8s';
import { Construct } from 'constructs';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { agentBundle } from '../../src/agent-bundle.js';
import {
  ImageGuard,
  MonitoringRules,
  PatchStage,
  PromotionPipeline,
  RollingDeployment,
  ScanSchedule,
  type Workload,
} from '../../src/cdk8s.js';
import { dig } from '../../src/manifest/dig.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { planStage } from '../../src/plan.js';
import { workloadManifests } from '../../src/rollout/deployment.js';
import { deployment, manifest } from '../rollout/fixture.js';
import { lock, policy } from './fixture.js';

const web: Workload = {
  name: 'web',
  image: 'ghcr.io/acme/web:1.4',
  ports: [{ name: 'http', port: 8080 }],
  readiness: { http: '/healthz' },
};
const { name: _name, ...webProps } = web;
const stageProps = { policy, stage: 'production', lock } as const;

const synth = (build: (chart: Chart) => void, namespace?: string): readonly Manifest[] => {
  const chart = new Chart(Testing.app(), 'chart', namespace === undefined ? {} : { namespace });
  build(chart);
  return Testing.synth(chart) as Manifest[];
};
const titles = (manifests: readonly Manifest[]) => manifests.map((m) => `${m.kind}/${m.metadata.name}`);
const sorted = (manifests: readonly Manifest[]) =>
  manifests.map((m) => JSON.parse(JSON.stringify(m)) as Manifest).sort((a, b) => (titles([a])[0]! < titles([b])[0]! ? -1 : 1));

describe('RollingDeployment', () => {
  it('is the workload, its Service, account and budget, named without the construct’s path', () => {
    const flat = synth((chart) => new RollingDeployment(chart, 'web', { ...stageProps, ...webProps }));
    const deep = synth(
      (chart) => new RollingDeployment(new Construct(chart, 'inner'), 'other', { ...stageProps, ...webProps, name: 'web' }),
    );
    expect(titles(flat)).toEqual(['ServiceAccount/web', 'Deployment/web', 'PodDisruptionBudget/web', 'Service/web']);
    expect(deep).toEqual(flat);
    expect(flat.every((m) => m.metadata.namespace === 'storefront')).toBe(true);
    expect(flat.find((m) => m.kind === 'Deployment')).toMatchObject({
      spec: { selector: { matchLabels: { 'app.kubernetes.io/name': 'web' } }, strategy: { rollingUpdate: { maxUnavailable: 0 } } },
    });
  });

  it('knows another copy of itself by its mark', () => {
    expect(RollingDeployment.isRollingDeployment({ [Symbol.for('patchway.RollingDeployment')]: true })).toBe(true);
    expect(RollingDeployment.isRollingDeployment({})).toBe(false);
  });

  it('says what is questionable', () => {
    const rolling = new RollingDeployment(new Chart(Testing.app(), 'c'), 'web', { ...stageProps, ...webProps, user: 0 });
    expect(rolling.warnings.map((w) => w.message)).toEqual([expect.stringContaining('run as root')]);
  });
});

describe('PatchStage', () => {
  const workloads = [web, { ...deployment(), metadata: { name: 'api' } }, manifest('ConfigMap', 'settings')];
  const authored = workloadManifests(web);

  it('gives the plan of the stage, object by object', () => {
    const plan = planStage({
      ...stageProps,
      workloads: [authored.deployment, authored.service!, ...workloads.slice(1)] as Manifest[],
      agentBundle: agentBundle(),
    });
    expect(sorted(synth((chart) => new PatchStage(chart, 'production', { ...stageProps, workloads })))).toEqual(sorted(plan.manifests));
  });

  it('keeps its namespace in a chart with another, and leaves cluster-wide objects without one', () => {
    const all = synth((chart) => {
      new PatchStage(chart, 'p', { ...stageProps, workloads: [web, manifest('ClusterRole', 'reader')] });
    }, 'elsewhere');
    expect(new Set(all.map((m) => m.metadata.namespace))).toEqual(new Set([undefined, 'storefront', 'storefront-staging']));
    expect(all.find((m) => m.kind === 'ClusterRole')?.metadata).toEqual({ name: 'reader' });
  });

  it('keeps numbers and fields that typed objects would lose', () => {
    const all = synth((chart) => new PatchStage(chart, 'p', { ...stageProps, workloads: [web] }));
    const rolled = all.find((m) => m.kind === 'Deployment' && m.metadata.name === 'web');
    expect(dig(rolled, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable')).toBe(0);
    expect(dig(rolled, 'spec', 'template', 'spec', 'containers', '0', 'lifecycle')).toEqual({ preStop: { sleep: { seconds: 5 } } });
  });

  it('refuses at compile time a stage that the policy does not have', () => {
    // @ts-expect-error 'prod' is not a stage
    expect(() => synth((chart) => new PatchStage(chart, 'p', { policy, stage: 'prod', lock, workloads: [] }))).toThrow('has no stage prod');
  });
});

describe('one capability at a time', () => {
  it('shares the agent within a chart', () => {
    const all = synth((chart) => {
      const rolling = new RollingDeployment(chart, 'web', { ...stageProps, ...webProps });
      new ScanSchedule(chart, 'scan', { ...stageProps, workloads: [rolling] });
      new PromotionPipeline(chart, 'promotion', { ...stageProps, workloads: [rolling] });
      new MonitoringRules(chart, 'rules', { ...stageProps, workloads: [rolling.workload] });
      new ImageGuard(chart, 'guard', { ...stageProps, workloads: [rolling] });
    });
    const whole = synth((chart) => new PatchStage(chart, 'production', { ...stageProps, workloads: [web] }));
    expect(sorted(all)).toEqual(sorted(whole));
  });
});

describe('a mistake', () => {
  const build = (scope: Chart) => {
    new RollingDeployment(scope, 'web', { ...stageProps, ...webProps });
    new RollingDeployment(scope, 'api', { ...stageProps, ...webProps, image: 'ghcr.io/acme/api:1' });
    new ScanSchedule(scope, 'scan', { ...stageProps, lock: { ...lock, tools: {} }, workloads: [] });
    new PatchStage(scope, 'stage', { ...stageProps, lock: { ...lock, tools: {} }, workloads: [web] });
  };
  const directory = mkdtempSync(join(tmpdir(), 'patchway-cdk8s-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('fails synthesis with every problem and its construct', () => {
    expect(() => synth(build)).toThrow(
      /\[chart\/api\] Deployment\/api .*ghcr\.io\/acme\/api:1 is not locked[\s\S]*\[chart\/stage\] image lock tools\.agent/,
    );
  });

  it('writes nothing with app.synth()', () => {
    const app = new App({ outdir: directory });
    build(new Chart(app, 'chart'));
    expect(() => app.synth()).toThrow('is not locked');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is none: app.synth() writes what a reader gets back', () => {
    const app = new App({ outdir: directory });
    new PatchStage(new Chart(app, 'storefront'), 'production', { ...stageProps, workloads: [web] });
    app.synth();
    const documents = parseAllDocuments(readFileSync(join(directory, 'storefront.k8s.yaml'), 'utf8')).map((d) =>
      'toJS' in d ? d.toJS() : d,
    );
    expect(titles(documents as Manifest[])).toContain('CronJob/patchway-scan-production');
    const bundle = (documents as Manifest[]).find((m) => m.metadata.name.startsWith('patchway-agent-'));
    expect(dig(bundle, 'data', 'agent.mjs')).toBe(agentBundle());
  });
});
