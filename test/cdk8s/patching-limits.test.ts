import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart, Testing } from 'cdk8s';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { Patching, PatchStage, RollingDeployment } from '../../src/cdk8s.js';
import { deployment } from '../rollout/fixture.js';
import { lock, policy } from './fixture.js';
import { apply, chartIn, imageOf, LOCKED, named, plus, raw, titles } from './tree.js';

describe('what is left alone', () => {
  it('is in another namespace, opted out, or a hook, and is listed', () => {
    const chart = chartIn('storefront');
    const away = { ...deployment(), metadata: { namespace: 'elsewhere' } };
    raw(chart, 'away', away);
    raw(chart, 'mine', { ...deployment(), metadata: { labels: { 'patchway.dev/ignore': 'legacy' } } });
    raw(chart, 'hook', { ...deployment(), metadata: { annotations: { 'helm.sh/hook': 'test' } } });
    const plain = Testing.synth(chart);
    const patching = apply(chart);
    expect(patching.coverage().map(({ construct, state, ...rest }) => [construct, state, 'reason' in rest && rest.reason])).toEqual([
      ['shop/away', 'notCoverable', 'It is in namespace elsewhere, and stage production in storefront.'],
      ['shop/mine', 'ignored', 'legacy'],
      ['shop/hook', 'notCoverable', 'Helm runs it as a hook (test).'],
    ]);
    expect(Testing.synth(chart)).toEqual(plain);
  });

  it('is in the namespace of its chart, whatever the stage’s', () => {
    const chart = chartIn('elsewhere');
    plus(chart, 'web');
    expect(apply(chart).coverage()).toMatchObject([{ state: 'notCoverable' }]);
    expect(Testing.synth(chart)).toMatchObject([{ kind: 'Deployment', metadata: { namespace: 'elsewhere' } }]);
  });

  it('was made by Patchway', () => {
    const chart = chartIn('storefront');
    new PatchStage(chart, 'stage', { policy, stage: 'staging', lock, workloads: [deployment()] });
    const plain = Testing.synth(chart);
    apply(chart);
    expect(Testing.synth(chart)).toEqual(plain);
    expect(Patching.of(chart).coverage()).toEqual([]);
  });
});

describe('a mistake', () => {
  it('names the construct, the container and the command, and writes nothing', () => {
    const directory = mkdtempSync(join(tmpdir(), 'patchway-mistake-'));
    const app = new App({ outdir: directory });
    const web = plus(new Chart(app, 'shop'), 'web');
    web.addContainer({ name: 'sidecar', image: 'ghcr.io/acme/new:1', portNumber: 1 });
    apply(app);
    expect(() => app.synth()).toThrow(
      /\[shop\/web\/Resource\] Deployment\/web spec\.template\.spec\.containers\[1\]\.image: .*ghcr\.io\/acme\/new:1 is not locked.*patchway lock update/,
    );
    expect(readdirSync(directory)).toEqual([]);
    expect(() => ApiObject.of(web).toJson()).toThrow('ghcr.io/acme/new:1 is not locked');
    rmSync(directory, { recursive: true });
  });

  it('is what the policy’s checks refuse', () => {
    const chart = chartIn();
    raw(chart, 'web', deployment({ spec: { strategy: { type: 'Recreate' } } }));
    Patching.apply(chart, { ...policy, checks: { recreate: 'error' } }, { stage: 'production', lock });
    expect(() => Testing.synth(chart)).toThrow(/Deployment\/web .*\[check recreate\]/);
  });

  it('is two workloads of one name', () => {
    const chart = chartIn();
    raw(chart, 'web');
    new ApiObject(chart, 'other', { ...deployment(), kind: 'StatefulSet', metadata: { name: 'web' } });
    apply(chart);
    expect(() => Testing.synth(chart)).toThrow('StatefulSet/web: Deployment/web has the same name');
  });

  it('is a tool that is not locked, but for what needs none', () => {
    const [scanned, ruled] = [chartIn(), chartIn()];
    for (const chart of [scanned, ruled]) plus(chart, 'web');
    apply(scanned, { lock: { ...lock, tools: {} } });
    expect(() => Testing.synth(scanned)).toThrow('[shop/patchway-storefront-production/stage] image lock tools.agent');
    apply(ruled, { lock: { ...lock, tools: {} }, add: ['budgets', 'rules'] });
    expect(titles(Testing.synth(ruled))).toEqual([
      'Deployment/web',
      'PodDisruptionBudget/web',
      'PrometheusRule/patchway-rules-storefront-production',
    ]);
  });
});

it('adds nothing beside where nothing is asked for', () => {
  const chart = chartIn();
  plus(chart, 'web');
  apply(chart, { add: [] });
  expect(titles(Testing.synth(chart))).toEqual(['Deployment/web']);
});

it('warns where there is no workload', () => {
  expect(apply(chartIn()).warnings.map(({ message }) => message)).toEqual([
    'Policy storefront is applied to no workload that rolls, so nothing is scanned, watched or promoted.',
  ]);
});

it('counts what a RollingDeployment of the same stage wrote among its workloads', () => {
  const chart = chartIn();
  plus(chart, 'web');
  new RollingDeployment(chart, 'desk', {
    policy,
    stage: 'production',
    lock,
    image: 'ghcr.io/acme/web:1.4',
    readiness: { http: '/', port: 8080 },
  });
  expect(apply(chart).workloads.map(({ name }) => name)).toEqual(['web', 'desk']);
  expect(titles(Testing.synth(chart)).filter((title) => title === 'Deployment/desk')).toHaveLength(1);
});

describe('RollingDeployment with a deployment of cdk8s-plus', () => {
  it('puts it under the policy, with its budget', () => {
    const chart = chartIn('storefront');
    const rolling = new RollingDeployment(chart, 'rolling', { policy, stage: 'production', lock, deployment: plus(chart, 'web') });
    expect(rolling.workload).toMatchObject({ kind: 'Deployment', name: 'web', images: [{ container: 'web', tag: '1.4.1' }] });
    const all = Testing.synth(chart);
    expect(titles(all)).toEqual(['Deployment/web', 'PodDisruptionBudget/web']);
    expect(imageOf(named(all, 'Deployment/web'))).toBe(LOCKED);
  });

  it('is one with the rest of its stage', () => {
    const chart = chartIn();
    new RollingDeployment(chart, 'rolling', { policy, stage: 'production', lock, deployment: plus(chart, 'web') });
    plus(chart, 'desk');
    apply(chart);
    expect(
      titles(Testing.synth(chart))
        .filter((title) => title.startsWith('PodDisruptionBudget'))
        .sort(),
    ).toEqual(['PodDisruptionBudget/desk', 'PodDisruptionBudget/web']);
  });

  it('refuses one that is opted out', () => {
    const chart = chartIn();
    const web = plus(chart, 'web');
    web.metadata.addAnnotation('patchway.dev/ignore', 'not now');
    new RollingDeployment(chart, 'rolling', { policy, stage: 'production', lock, deployment: web });
    expect(() => Testing.synth(chart)).toThrow('[shop/rolling] Deployment/web is no workload that can be put under stage production');
  });
});

it('keeps stages of one app apart', () => {
  const app = new App();
  for (const stage of ['staging', 'production'] as const) {
    const chart = new Chart(app, stage);
    raw(new Construct(chart, 'inner'), 'web');
    apply(chart, { stage });
  }
  const images = app.charts.map((chart) => imageOf(named(Testing.synth(chart), 'Deployment/web')));
  expect(images.sort()).toEqual([LOCKED, LOCKED.replace('1.4.1', '1.4.2')]);
  expect(
    Patching.of(app)
      .coverage()
      .map(({ construct, stage }) => `${construct} ${stage}`),
  ).toEqual(['staging/inner/web staging', 'production/inner/web production']);
});
