import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, type ApiObjectProps, App, type AppProps, Chart, Include } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { Patching, type PatchingOptions } from '../../src/cdk8s.js';
import { dig } from '../../src/manifest/dig.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import { DIGEST, deployment } from '../rollout/fixture.js';
import { lock, policy } from './fixture.js';

export const LOCKED = `ghcr.io/acme/web:1.4.1@${DIGEST}`;
export const options: PatchingOptions<'staging' | 'production'> = { stage: 'production', lock };

/** A chart of an app of its own. */
export function chartIn(namespace?: string, props: AppProps = {}): Chart {
  return new Chart(new App(props), 'shop', namespace === undefined ? {} : { namespace });
}

export function apply(scope: Construct, changes: Partial<typeof options> = {}): Patching {
  return Patching.apply(scope, policy, { ...options, ...changes });
}

export function raw(scope: Construct, name: string, manifest: ApiObjectProps = deployment()): ApiObject {
  return new ApiObject(scope, name, { ...manifest, metadata: { ...manifest.metadata, name } });
}

export function plus(scope: Construct, name: string): kplus.Deployment {
  const made = new kplus.Deployment(scope, name, { metadata: { name } });
  made.addContainer({ name: 'web', image: 'ghcr.io/acme/web:1.4', portNumber: 8080, readiness: kplus.Probe.fromHttpGet('/healthz') });
  return made;
}

export function typed(scope: Construct, name: string): ApiObject {
  const { spec } = deployment();
  return new kplus.k8s.KubeDeployment(scope, name, {
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: spec.template.spec.containers[0]!.image!,
              ports: [{ containerPort: 8080 }],
              readinessProbe: { httpGet: { path: '/healthz', port: kplus.k8s.IntOrString.fromNumber(8080) } },
            },
          ],
        },
      },
    },
  });
}

export function included(scope: Construct, ...manifests: readonly Manifest[]): Include {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-include-'));
  const url = join(directory, 'objects.yaml');
  writeFileSync(url, manifests.map((m) => stringify(m, { aliasDuplicateObjects: false })).join('---\n'));
  const include = new Include(scope, 'included', { url });
  rmSync(directory, { recursive: true });
  return include;
}

export function named(manifests: readonly unknown[], title: string): Manifest | undefined {
  return (manifests as readonly Manifest[]).find((m) => `${m.kind}/${m.metadata.name}` === title);
}

/** Every leaf of a JSON value by its path. */
export function leaves(value: unknown, path = ''): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  return new Map(Object.entries(value).flatMap(([key, each]) => [...leaves(each, `${path}/${key}`)]));
}

export const imageOf = (object: unknown) => dig(object, 'spec', 'template', 'spec', 'containers', '0', 'image');
export const titles = (manifests: readonly unknown[]) => (manifests as Manifest[]).map((m) => `${m.kind}/${m.metadata.name}`);
