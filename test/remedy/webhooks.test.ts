import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/manifest/manifest.js';
import { scanManifests } from '../../src/scan/manifests.js';
import { image, lock, mount, policy, staging, workload } from '../scan/fixture.js';

const web = { ...workload('web', image('web', 'ghcr.io/acme/web:1')), remedy: 'rebuild', rebuildWebhook: 'build-web' } as const;
const made = (changes: Partial<Parameters<typeof scanManifests>[0]> = {}) =>
  scanManifests({ policy: policy(), stage: staging, workloads: [web], lock: lock(), mount, ...changes });

interface Pod {
  readonly initContainers: readonly Mounted[];
  readonly containers: readonly Mounted[];
  readonly volumes: readonly { readonly name: string }[];
}
interface Mounted {
  readonly name: string;
  readonly volumeMounts: readonly { readonly name: string }[];
}

function podOf(manifests: readonly Manifest[]): Pod {
  // biome-ignore lint/suspicious/noExplicitAny: an object is looked into at will
  const cronJob: any = manifests.find(({ kind }) => kind === 'CronJob');
  return cronJob.spec.jobTemplate.spec.template.spec;
}

const withVolume = ({ initContainers, containers }: Pod, volume: string) =>
  [...initContainers, ...containers].filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === volume)).map(({ name }) => name);

describe('the Secrets that say who is asked for builds', () => {
  it('are mounted into the agent alone, by two keys, whether or not they are there', () => {
    const pod = podOf(made());
    expect(withVolume(pod, 'webhooks')).toEqual(['scan']);
    expect(pod.volumes).toContainEqual({
      name: 'webhooks',
      projected: {
        defaultMode: 0o440,
        sources: [
          {
            secret: {
              name: 'build-web',
              optional: true,
              items: [
                { key: 'url', path: 'build-web/url' },
                { key: 'authorization', path: 'build-web/authorization' },
              ],
            },
          },
        ],
      },
    });
  });

  it('come with the authority that the policy trusts', () => {
    const trusting = policy({ scan: { registryCa: 'corporate-ca' } });
    expect(withVolume(podOf(made({ policy: trusting })), 'ca')).toContain('scan');
    expect(withVolume(podOf(made({ policy: trusting, workloads: [workload('web', ...web.images)] })), 'ca')).not.toContain('scan');
  });

  it.each([
    ['another remedy', { workloads: [{ ...web, remedy: 'update' as const }] }],
    ['a stage before', { stage: { ...staging, after: ['dev'] } }],
  ])('are not mounted with %s', (_what, changes) => {
    expect(podOf(made(changes)).volumes.map(({ name }) => name)).not.toContain('webhooks');
  });
});
