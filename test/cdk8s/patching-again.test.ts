import { App, type Chart, JsonPatch, Lazy, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { Patching, RollingDeployment } from '../../src/cdk8s.js';
import { dig } from '../../src/manifest/dig.js';
import { deployment, manifest } from '../rollout/fixture.js';
import { lock, policy } from './fixture.js';
import { apply, chartIn, imageOf, LOCKED, named, plus, raw, titles, typed } from './tree.js';

describe('values that cdk8s resolves', () => {
  const spec = deployment().spec as unknown as Record<string, unknown>;

  it('may be lazy, in a resolver of the app’s own, and patched', () => {
    const resolver = {
      resolve: (context: { value: unknown; replaceValue: (v: unknown) => void }) => {
        if (context.value === '<image>') context.replaceValue('ghcr.io/acme/web:1.4');
      },
    };
    const chart = chartIn(undefined, { resolvers: [resolver] });
    raw(chart, 'lazy', { apiVersion: 'apps/v1', kind: 'Deployment', spec: Lazy.any({ produce: () => spec }) });
    raw(chart, 'token', deployment({ container: { image: '<image>' } }));
    const patched = typed(chart, 'patched');
    patched.addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/env', [{ name: 'A', value: 'b' }]));
    apply(chart);
    const all = Testing.synth(chart);
    for (const name of ['lazy', 'token', 'patched']) expect(imageOf(named(all, `Deployment/${name}`)), name).toBe(LOCKED);
    expect(dig(named(all, 'Deployment/patched'), 'spec', 'template', 'spec', 'containers', '0', 'env', '0', 'name')).toBe('A');
  });

  it('may not come to other images than were planned for', () => {
    let image = 'ghcr.io/acme/web:1.4';
    const chart = chartIn();
    raw(chart, 'web', deployment({ container: { image: Lazy.any({ produce: () => image }) } }));
    apply(chart);
    expect(imageOf(named(Testing.synth(chart), 'Deployment/web'))).toBe(LOCKED);
    image = 'busybox:1.36';
    expect(() => Testing.synth(chart)).toThrow(
      '[shop/web] Deployment/web was {web: ghcr.io/acme/web:1.4} when the policy was applied and is {web: docker.io/library/busybox:1.36} now',
    );
    image = 'ghcr.io/acme/web:1.4';
    expect(imageOf(named(Testing.synth(chart), 'Deployment/web'))).toBe(LOCKED);
  });

  it('may be missing until later, and then the policy is applied once more', () => {
    const chart = chartIn();
    const web = new kplus.Deployment(chart, 'web', { metadata: { name: 'web' } });
    expect(apply(chart).coverage()).toEqual([
      expect.objectContaining({ object: 'Deployment/web', state: 'notCoverable', reason: expect.stringContaining('at least 1 container') }),
    ]);
    web.addContainer({ name: 'web', image: 'ghcr.io/acme/web:1.4' });
    expect(() => Testing.synth(chart)).toThrow('[shop/web/Resource] Deployment/web was nothing to plan for when the policy was applied');
    apply(chart);
    expect(imageOf(named(Testing.synth(chart), 'Deployment/web'))).toBe(LOCKED);
  });

  it('throw as without Patchway where they never come', () => {
    const chart = chartIn();
    new kplus.Deployment(chart, 'web');
    apply(chart);
    expect(() => Testing.synth(chart)).toThrow('PodSpec must have at least 1 container');
  });
});

describe('applied more than once', () => {
  const build = (...scopes: readonly ((app: App, chart: Chart) => Construct)[]) => {
    const chart = chartIn('storefront');
    plus(chart, 'web');
    for (const scope of scopes) apply(scope(App.of(chart) as App, chart));
    return Testing.synth(chart).concat((App.of(chart) as App).charts.filter((c) => c !== chart).flatMap((c) => Testing.synth(c)));
  };
  const once = build((_, chart) => chart);
  const order = (all: readonly unknown[]) => [...titles(all)].sort();

  it.each([
    ['to a chart', [(_: App, chart: Chart) => chart, (_: App, chart: Chart) => chart]],
    ['to a chart, then its app', [(_: App, chart: Chart) => chart, (app: App) => app]],
    ['to an app, then its chart', [(app: App) => app, (_: App, chart: Chart) => chart]],
    [
      'to a workload, then its chart',
      [(_: App, chart: Chart) => chart.node.findChild('web') as Construct, (_: App, chart: Chart) => chart],
    ],
  ])('%s, it is applied once', (_, scopes) => {
    const all = build(...scopes);
    expect(order(all)).toEqual(order(once));
    expect(named(all, 'Deployment/web')).toEqual(named(once, 'Deployment/web'));
  });

  it('takes in what was added between', () => {
    const chart = chartIn();
    plus(chart, 'web');
    apply(chart);
    plus(chart, 'desk');
    expect(apply(chart).workloads.map(({ name }) => name)).toEqual(['web', 'desk']);
    expect(titles(Testing.synth(chart)).filter((t) => t.startsWith('PodDisruptionBudget') || t.includes('patchway-config'))).toEqual([
      'PodDisruptionBudget/web',
      'PodDisruptionBudget/desk',
      expect.stringMatching(/^ConfigMap\/patchway-config-production-/),
    ]);
  });

  it('keeps several apps apart', () => {
    const [one, other] = [chartIn(), chartIn()];
    plus(one, 'web');
    plus(other, 'web');
    apply(one);
    expect(imageOf(named(Testing.synth(other), 'Deployment/web'))).toBe('ghcr.io/acme/web:1.4');
    expect(Patching.of(other).coverage()).toEqual([]);
  });

  it.each([
    [
      'another stage',
      { stage: 'staging' as const, lock },
      '[shop/web/Resource] Deployment/web is under stage production of policy storefront already, and cannot be under stage staging of policy storefront too.',
    ],
    [
      'another lock',
      { stage: 'production' as const, lock: { ...lock, tools: {} } },
      '[shop] Stage production of policy storefront is applied in this app already, with another image lock.',
    ],
  ])('is an error with %s', (_, second, message) => {
    const chart = chartIn();
    plus(chart, 'web');
    apply(chart);
    Patching.apply(chart, policy, second);
    expect(() => Testing.synth(chart)).toThrow(message);
  });

  it('is an error with another policy of the same name', () => {
    const chart = chartIn();
    plus(chart, 'web');
    apply(chart);
    Patching.apply(chart, { ...policy, timeZone: 'Europe/Berlin' }, { stage: 'production', lock });
    expect(() => Testing.synth(chart)).toThrow('with another policy of that name');
  });
});

describe('after the policy was applied', () => {
  const applied = () => {
    const chart = chartIn('storefront');
    plus(chart, 'web');
    apply(chart);
    return chart;
  };

  it.each([
    [
      'a workload',
      (chart: Chart) => void plus(chart, 'late'),
      '[shop/late/Resource] Deployment/late was added after stage production of policy storefront was applied',
    ],
    [
      'a Pod',
      (chart: Chart) =>
        void raw(chart, 'late', { ...manifest('Pod', 'late', { containers: [{ name: 'web', image: 'ghcr.io/acme/web:1.4' }] }) }),
      'Pod/late was added after',
    ],
    [
      'a workload of Patchway’s',
      (chart: Chart) =>
        void new RollingDeployment(chart, 'late', {
          policy,
          stage: 'production',
          lock,
          image: 'ghcr.io/acme/web:1.4',
          readiness: { http: '/', port: 8080 },
        }),
      '[shop/late] Deployment/late was added after',
    ],
    [
      'a budget',
      (chart: Chart) => void raw(chart, 'late', { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec: { selector: {} } }),
      'The disruption budget that belongs beside Deployment/web is not what it was',
    ],
    [
      'a container',
      (chart: Chart) =>
        void (chart.node.findChild('web') as kplus.Deployment).addContainer({ name: 'more', image: 'busybox:1.36', portNumber: 9 }),
      '{web: ghcr.io/acme/web:1.4, more: docker.io/library/busybox:1.36} now',
    ],
  ])('%s that is added is an error, once more applied it is none', (_, add, message) => {
    const chart = applied();
    add(chart);
    expect(() => Testing.synth(chart)).toThrow(message);
    expect(() => (App.of(chart) as App).synthYaml()).toThrow(message);
    apply(chart);
    expect(imageOf(named(Testing.synth(chart), 'Deployment/web'))).toBe(LOCKED);
  });

  it('a workload that is removed is an error', () => {
    const chart = applied();
    chart.node.tryRemoveChild('web');
    expect(() => Testing.synth(chart)).toThrow('shop/web/Resource: Deployment/web was removed after');
  });

  it('what concerns no pods may be added, and is heeded', () => {
    const chart = applied();
    raw(chart, 'settings', manifest('ConfigMap', 'settings'));
    raw(chart, 'opted-out', { ...deployment(), metadata: { labels: { 'patchway.dev/ignore': 'ours' } } });
    expect(titles(Testing.synth(chart))).toEqual(expect.arrayContaining(['ConfigMap/settings', 'Deployment/opted-out']));
  });

  it('coverage names what was added', () => {
    const chart = applied();
    plus(chart, 'late');
    expect(Patching.of(chart).coverage()).toEqual([
      expect.objectContaining({ object: 'Deployment/web', state: 'covered' }),
      expect.objectContaining({ object: 'Deployment/late', state: 'notCoverable', reason: 'It was added after the policy was applied.' }),
    ]);
  });
});
