import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { agentConfigMap } from '../../src/manifest/agent-config.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { bundleSerializer, elideBundle, matchers } from '../../src/testing.js';
import { deployment } from '../rollout/fixture.js';

expect.extend(matchers);

const stage = (bundle: string) => [
  agentConfigMap('storefront', 'production', 'storefront', bundle),
  {
    kind: 'CronJob',
    metadata: { name: 'scan' },
    spec: { volumes: [{ configMap: { name: agentConfigMap('a', 'b', 'c', bundle).metadata.name } }], after: 1 },
  },
];
const BUNDLES = ['one()', 'two(`\n\n  ${3}\n`)\nthree()\n', '\u0000"four"', 'x'.repeat(3000)];

describe('elided', () => {
  it('texts of two releases are equal, and still YAML', () => {
    const texts = BUNDLES.map((bundle) => elideBundle(toYaml(stage(bundle))));
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toContain('  agent.mjs: (bundle)\n');
    expect(texts[0]).toContain('name: patchway-agent-(bundle)\n');
    expect(texts[0]).toContain('after: 1');
    expect(elideBundle(texts[0] ?? '')).toBe(texts[0]);
    expect(parse(texts[0]?.split('---\n')[0] ?? '')).toMatchObject({ immutable: true, data: { 'agent.mjs': '(bundle)' } });
  });

  it('texts that differ elsewhere still differ', () => {
    expect(elideBundle('a: patchway-agent-0123abcd\nb: 1\n')).toBe('a: patchway-agent-(bundle)\nb: 1\n');
    expect(elideBundle('b: 2\n')).toBe('b: 2\n');
  });
});

describe('the serializer', () => {
  expect.addSnapshotSerializer(bundleSerializer);
  it('prints objects of two releases alike', () => {
    expect(agentConfigMap('p', 's', 'n', 'one()').data).toMatchInlineSnapshot(`
      {
        "agent.mjs": "(bundle)",
      }
    `);
    expect(agentConfigMap('p', 's', 'n', 'one()').metadata.name).toMatchInlineSnapshot(`"patchway-agent-(bundle)"`);
    expect({ name: 'web' }).toMatchInlineSnapshot(`
      {
        "name": "web",
      }
    `);
  });
});

describe('toContainManifest', () => {
  const manifests = [
    deployment({ spec: { replicas: 2 } }),
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } },
  ];
  it.each([
    ['objects', manifests],
    ['text', toYaml(manifests)],
  ])('finds it in %s', (_form, received) => {
    expect(received).toContainManifest({ kind: 'Deployment', name: 'web' });
    expect(received).toContainManifest({ kind: 'Deployment', name: 'web' }, { spec: { replicas: 2, selector: expect.anything() } });
    expect(received).toContainManifest({ kind: 'Service', name: 'web', namespace: 'shop' });
    expect(received).not.toContainManifest({ kind: 'Service', name: 'web', namespace: 'other' });
    expect(received).not.toContainManifest({ kind: 'Deployment', name: 'api' });
    expect(received).not.toContainManifest({ kind: 'Deployment', name: 'web' }, { spec: { replicas: 3 } });
  });

  it('says what there is', () => {
    expect(() => expect(manifests).toContainManifest({ kind: 'Pod', name: 'x' })).toThrow('there is Deployment/web, Service/web');
    expect(() => expect([]).toContainManifest({ kind: 'Pod', name: 'x' })).toThrow('there is nothing');
    expect(() => expect(manifests).toContainManifest({ kind: 'Deployment', name: 'web' }, { spec: { replicas: 9 } })).toThrow(
      '"replicas": 2',
    );
  });
});

describe('toRunLockedImages', () => {
  it('names the images without a digest', () => {
    expect([deployment({ container: { image: `web@sha256:${'a'.repeat(64)}` } })]).toRunLockedImages();
    expect(() => expect([deployment()]).toRunLockedImages()).toThrow('without one: ghcr.io/acme/web:1.4');
    expect([deployment()]).not.toRunLockedImages();
  });
});
