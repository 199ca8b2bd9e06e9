import { describe, expect, it } from 'vitest';
import type { GuardOptions } from '../../src/guard/guard.js';
import { guardManifests } from '../../src/guard/manifests.js';
import type { ImageLock, LockEntry } from '../../src/lock/lock.js';
import { dig } from '../../src/manifest/dig.js';
import type { Manifest } from '../../src/manifest/manifest.js';
import type { Stage } from '../../src/policy/policy.js';
import { policy, production, staging, web } from '../rules/storefront.js';

const sha = (letter: string) => `sha256:${letter.repeat(64)}`;
const entry = (letter: string, platforms?: LockEntry['platforms']): LockEntry => ({
  tag: '1.4.1',
  digest: sha(letter),
  ...(platforms === undefined ? {} : { platforms }),
  releasedAt: '2026-10-01T00:00:00Z',
  releasedFrom: 'config',
});
const stage = (name: string, after: readonly string[]): Stage => ({ ...staging, name, namespace: `shop-${name}`, after });
const stages = [stage('dev', []), stage('staging', ['dev']), stage('europe', ['staging']), stage('asia', ['staging'])];
const lock: ImageLock = {
  schemaVersion: 1,
  images: {
    'ghcr.io/acme/web:1.4': {
      dev: entry('1'),
      staging: entry('2', { 'linux/amd64': sha('a'), 'linux/arm64': sha('b') }),
      europe: entry('3'),
      asia: entry('4'),
      gone: entry('5'),
    },
    'ghcr.io/acme/other:1': { dev: entry('6') },
  },
  tools: { agent: { image: 'docker.io/library/node', tag: '20', digest: sha('7') }, trivy: { image: 'x/trivy', tag: '1' } },
};
const make = (changes: Partial<GuardOptions> = {}) =>
  guardManifests({ policy: { ...policy, stages }, stage: stages[1]!, workloads: [web], lock, ...changes });
const known = (changes: Partial<GuardOptions> = {}) =>
  String(dig(make(changes)[0], 'metadata', 'annotations', 'patchway.dev/lock')).split('\n');
const titles = (manifests: readonly Manifest[]) =>
  manifests.map(({ kind, metadata }) => `${metadata.namespace ?? ''} ${kind} ${metadata.name}`);
const named = (kind: string, topic: string, manifests = make()) =>
  manifests.find((m) => m.kind === kind && m.metadata.name.startsWith(`patchway-${topic}.`));

describe('what the guard knows of the lock', () => {
  it.each([
    ['dev', ['1', '2', 'a', 'b', '3', '4', '7']],
    ['staging', ['1', '2', 'a', 'b', '3', '4', '7']],
    ['europe', ['1', '2', 'a', 'b', '3', '7']],
    ['asia', ['1', '2', 'a', 'b', '4', '7']],
  ])('in %s is of that stage, those before and after it, and the tools', (name, letters) => {
    expect(known({ stage: stages.find((s) => s.name === name)! })).toEqual(letters.map(sha).sort());
  });

  it('has images of uncovered objects: by digest where they have one, else as they are written', () => {
    const uncovered = ['busybox', `ghcr.io/acme/migrate:1@${sha('8')}`, 'busybox'];
    expect(known({ uncovered })).toEqual(expect.arrayContaining(['busybox', sha('8')]));
    expect(known({ uncovered })).toHaveLength(known().length + 2);
  });

  it('is nothing for an image that is not locked', () => {
    expect(known({ lock: { ...lock, images: {}, tools: {} } })).toEqual(['']);
  });

  it('says nothing of what was promoted, so that applying it leaves that alone', () => {
    expect(Object.keys(make()[0]?.metadata.annotations ?? {})).toEqual(['patchway.dev/lock']);
  });
});

describe('the guard of a stage', () => {
  it('is a list in its namespace, and policies of the cluster that no other stage shares', () => {
    expect(titles(make())).toEqual([
      'shop-staging ServiceAccount patchway-guard-staging',
      ...['images', 'promoted', 'promoter', 'approvals'].flatMap((topic) =>
        ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'].map(
          (kind) => ` ${kind} patchway-${topic}.storefront.staging.shop-staging`,
        ),
      ),
    ]);
    const other = make({ stage: { ...stages[1]!, namespace: 'another-team' } });
    const shared = titles(make()).filter((title) => titles(other).includes(title));
    expect(shared).toEqual([]);
  });

  it('knows what verifies, and lets the promoter make those Jobs alone', () => {
    const pod = { containers: [{ name: 'check', image: `ghcr.io/acme/check:1@${sha('9')}`, command: ['check', '--all'] }] };
    const verified = { stage: { ...stages[1]!, verify: [{ kind: 'job', pod }] } } as const;
    expect(known(verified)).toContain(sha('9'));
    expect(JSON.stringify(named('ValidatingAdmissionPolicy', 'promoter-verifies', make(verified))?.spec)).toContain('--all');
    expect(named('ValidatingAdmissionPolicy', 'promoter-verifies')).toBeUndefined();
  });

  it('keeps approvals signed where they are asked for, also without a guard', () => {
    const off = { ...policy, stages, promotion: { ...policy.promotion, guard: false as const } };
    expect(make({ policy: off })).toEqual([]);
    expect(titles(make({ policy: off, stage: { ...stages[1]!, approval: 'manual' } }))).toEqual([
      ' ValidatingAdmissionPolicy patchway-approvals.storefront.staging.shop-staging',
      ' ValidatingAdmissionPolicyBinding patchway-approvals.storefront.staging.shop-staging',
    ]);
  });

  it('is about pods alone where nothing is promoted to', () => {
    expect(titles(make({ stage: stages[0]! })).map((title) => title.split(' ')[2]?.split('.')[0])).toEqual([
      'patchway-guard-dev',
      'patchway-images',
      'patchway-images',
    ]);
  });

  it('holds in its namespace only, and closed where the list is missing', () => {
    expect(named('ValidatingAdmissionPolicyBinding', 'images')?.spec).toEqual({
      policyName: 'patchway-images.storefront.staging.shop-staging',
      paramRef: { name: 'patchway-guard-staging', namespace: 'shop-staging', parameterNotFoundAction: 'Deny' },
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop-staging' } } },
      validationActions: ['Deny'],
    });
    for (const { spec, kind } of make()) if (kind === 'ValidatingAdmissionPolicy') expect(spec).toMatchObject({ failurePolicy: 'Fail' });
  });

  it('looks at containers that are added to a running pod, too', () => {
    expect(dig(named('ValidatingAdmissionPolicy', 'images'), 'spec', 'matchConstraints', 'resourceRules')).toMatchObject([
      { resources: ['pods', 'pods/ephemeralcontainers'], operations: ['CREATE', 'UPDATE'] },
    ]);
  });

  it('watches the promoter at every kind of workload that there is, jobs apart as their pods are deeper', () => {
    const kinds = ['Deployment', 'StatefulSet', 'CronJob', 'Rollout'] as const;
    const manifests = make({ workloads: kinds.map((kind) => ({ ...web, kind, name: kind.toLowerCase() })) });
    const resources = (topic: string) => {
      const rules = dig(named('ValidatingAdmissionPolicy', topic, manifests), 'spec', 'matchConstraints', 'resourceRules');
      return (rules as readonly { readonly resources: readonly string[] }[]).flatMap((rule) => rule.resources);
    };
    expect(resources('promoter').sort()).toEqual(['deployments', 'rollouts', 'statefulsets']);
    expect(resources('promoter-jobs')).toEqual(['cronjobs']);
    expect(named('ValidatingAdmissionPolicy', 'promoter', manifests)?.spec).toMatchObject({
      matchConditions: [{ expression: 'request.userInfo.username == "system:serviceaccount:shop-staging:patchway-promotion-staging"' }],
    });
  });

  it('is nothing where the policy wants none', () => {
    expect(make({ policy: { ...policy, promotion: { ...policy.promotion, guard: false } } })).toEqual([]);
  });
});

describe('signatures at admission', () => {
  const signed = (signatures: Partial<NonNullable<typeof policy.promotion.signatures>>, guard?: false) =>
    make({
      policy: {
        ...policy,
        promotion: { ...policy.promotion, ...(guard === undefined ? {} : { guard }), signatures: { publicKey: 'PEM', ...signatures } },
      },
      stage: production,
    }).find(({ kind }) => kind === 'ImageValidatingPolicy');

  it('are verified by Kyverno where that is asked for, with or without a guard', () => {
    expect(signed({})).toBeUndefined();
    expect(signed({ admission: 'kyverno' }, false)).toMatchObject({
      apiVersion: 'policies.kyverno.io/v1',
      metadata: { name: 'patchway-signatures.storefront.production.storefront' },
      spec: {
        attestors: [{ name: 'cosign', cosign: { key: { data: 'PEM' } } }],
        matchImageReferences: [{ glob: 'ghcr.io/acme/web:*' }, { glob: 'ghcr.io/acme/web@*' }],
        validationActions: ['Deny'],
      },
    });
  });

  it('are asked of the repositories that the policy names', () => {
    expect(signed({ admission: 'kyverno', repositories: ['ghcr.io/acme/*', 'quay.io/x/y'] })?.spec).toMatchObject({
      matchImageReferences: [{ glob: 'ghcr.io/acme/*' }, { glob: 'quay.io/x/y:*' }, { glob: 'quay.io/x/y@*' }],
    });
  });
});
