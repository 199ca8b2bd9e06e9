import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KNOWN } from '../../src/manifest/labels.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { apply, digestOf, eventually, exec, freshNamespace, hasCluster, kubectl, REGISTRY } from './cluster.js';
import {
  BEFORE,
  digest,
  guard,
  image,
  LIST,
  NAMESPACE,
  PLATFORM,
  type PodParts,
  PROMOTER,
  pod,
  removePolicies,
  UNCOVERED,
  warningsOf,
} from './guard-support.js';

const DEVELOPER = 'guard-developer';
const REFUSED = /ValidatingAdmissionPolicy 'patchway-images\.guarded\.production\.patchway-e2e-guard' .* denied request/;

describe.runIf(hasCluster())('the guard on a real cluster', () => {
  const create = (parts: PodParts, dryRun = true) =>
    exec('kubectl', ['create', ...(dryRun ? ['--dry-run=server'] : []), '-f', '-'], { input: pod(parts) });
  const inNamespace = (...args: string[]) => exec('kubectl', ['-n', NAMESPACE, ...args]);
  const write = (key: 'lock' | 'promoted', value: string, as: readonly string[] = []) =>
    inNamespace('annotate', '--overwrite', 'serviceaccount', LIST, `${KNOWN[key]}=${value}`, ...as);
  /** Takes the lock's annotation back from whoever wrote it. */
  const applyAgain = () => kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], toYaml(guard()));
  const policies = guard().filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');

  beforeAll(async () => {
    await removePolicies();
    for (const namespace of [NAMESPACE, BEFORE]) await freshNamespace(namespace);
    await apply(toYaml(guard()));
    await kubectl(['-n', NAMESPACE, 'create', 'rolebinding', 'developer', '--clusterrole=edit', `--user=${DEVELOPER}`]);
    await kubectl([
      '-n',
      NAMESPACE,
      'create',
      'role',
      'promoter',
      '--verb=get,patch,promote',
      '--resource=serviceaccounts',
      `--resource-name=${LIST}`,
    ]);
    await kubectl(['-n', NAMESPACE, 'create', 'rolebinding', 'promoter', '--role=promoter', `--user=${PROMOTER}`]);
    await eventually('the guard holds', async () => ((await create({ images: ['busybox'] })).code === 0 ? undefined : true), 60);
  });
  afterAll(async () => {
    await removePolicies();
    await kubectl(['delete', 'namespace', NAMESPACE, BEFORE, '--ignore-not-found', '--wait=false']);
  });

  it.each(policies.map(({ metadata }) => metadata.name))('%s has nothing that the API server warns of', async (name) => {
    expect(await warningsOf(name)).toEqual([]);
  });

  it.each<[string, PodParts]>([
    ['what the lock names', { images: [image('1.0.0')] }],
    ['what the lock names for the stage before', { images: [image('1.0.1')] }],
    ['a tool', { images: [`${REGISTRY}/node:20@${digestOf('node:20')}`] }],
    ['the digest of a platform', { images: [`${REGISTRY}/web@${PLATFORM}`] }],
    ['the same content from a mirror', { images: [`mirror.example.com/web@${digestOf('web:1.0.0')}`] }],
    ['an image of an uncovered object, as it is written', { images: [UNCOVERED] }],
    ['known init containers', { init: [image('1.0.0')] }],
    ['anything, with a reason', { images: ['busybox'], labels: { 'patchway.dev/break-glass': 'INC-4711' } }],
  ])('lets in %s', async (_, parts) => {
    expect(await create(parts)).toMatchObject({ code: 0 });
  });

  it.each<[string, PodParts, string]>([
    ['a tag', { images: [`${REGISTRY}/web:1.0.0`] }, `${REGISTRY}/web:1.0.0`],
    ['another digest', { images: [image('1.0.2')] }, image('1.0.2')],
    ['an uncovered image that is written otherwise', { images: [`${UNCOVERED}@${digest('b')}`] }, `${UNCOVERED}@${digest('b')}`],
    ['one among known ones', { images: [image('1.0.0'), 'busybox'] }, 'busybox'],
    ['an init container', { init: ['busybox'] }, 'busybox'],
    ['a digest that is a name', { images: [`x@${digest('c')}`] }, `x@${digest('c')}`],
    ['the label without a reason', { images: ['busybox'], labels: { 'patchway.dev/break-glass': '' } }, 'busybox'],
  ])('keeps out %s, and says what to do', async (_, parts, unknown) => {
    const { code, stderr } = await create(parts);
    expect(code).toBe(1);
    expect(stderr).toMatch(REFUSED);
    expect(stderr).toContain(`Unknown: ${unknown}`);
    expect(stderr).toContain('Lock them with `patchway lock update`');
  });

  it('keeps out pods of a Deployment, which says so', async () => {
    const labels = { app: 'stranger' };
    const { metadata, spec } = JSON.parse(pod({ images: ['busybox'], labels })) as { metadata: object; spec: object };
    const template = { metadata: { labels }, spec: { ...spec, restartPolicy: 'Always' } };
    await apply(
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { ...metadata, name: 'stranger' },
        spec: { selector: { matchLabels: labels }, template },
      }),
    );
    const condition = await eventually('the refusal', async () => {
      const { stdout } = await inNamespace(
        'get',
        'deployment',
        'stranger',
        '-o',
        'jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].message}',
      );
      return stdout === '' ? undefined : stdout;
    });
    expect(condition).toMatch(REFUSED);
  });

  it('holds for a pod that is there already: what changes is looked at, and nothing else', async () => {
    expect(await create({ name: 'web' }, false)).toMatchObject({ code: 0 });
    expect((await inNamespace('set', 'image', 'pod/web', 'c0=busybox')).stderr).toMatch(REFUSED);
    expect((await inNamespace('debug', 'web', '--image=busybox', '--profile=restricted')).stderr).toMatch(REFUSED);
    expect(await inNamespace('debug', 'web', `--image=${image('1.0.1')}`, '--profile=restricted')).toMatchObject({ code: 0 });
    // Once nobody knows its image any more, controllers must still be able to change it.
    await write('lock', 'nothing');
    await eventually('it is forgotten', async () => ((await create({})).code === 0 ? undefined : true), 30);
    expect(await inNamespace('patch', 'pod', 'web', '-p', '{"metadata":{"finalizers":["example.com/x"]}}')).toMatchObject({ code: 0 });
    expect(await inNamespace('patch', 'pod', 'web', '-p', '{"metadata":{"finalizers":null}}')).toMatchObject({ code: 0 });
    await applyAgain();
    await eventually('it is known again', async () => ((await create({})).code === 0 ? true : undefined), 30);
  });

  it('keeps the label on a pod that it has let in', async () => {
    expect(await create({ name: 'past', images: [UNCOVERED], labels: { 'patchway.dev/break-glass': 'INC-1' } }, false)).toMatchObject({
      code: 0,
    });
    expect((await inNamespace('label', 'pod', 'past', 'patchway.dev/break-glass-')).stderr).toContain('stays on a pod');
    expect(await inNamespace('label', 'pod', 'past', 'a=b')).toMatchObject({ code: 0 });
  });

  it('holds in its own namespace alone', async () => {
    const { code } = await exec('kubectl', ['create', '--dry-run=server', '-f', '-'], {
      input: pod({ images: ['busybox'] }).replace(`"${NAMESPACE}"`, `"${BEFORE}"`),
    });
    expect(code).toBe(0);
  });

  it('lets in what was promoted, which only those write who may promote', async () => {
    const promoted = digestOf('web:1.0.2');
    for (const as of [
      ['--as', DEVELOPER],
      ['--as', DEVELOPER, '--as-group', 'system:authenticated'],
    ]) {
      expect((await write('promoted', promoted, as)).stderr).toContain(
        'Only the promotion to production writes the annotation patchway.dev/promoted',
      );
    }
    expect(await write('lock', digestOf('web:1.0.0'), ['--as', DEVELOPER])).toMatchObject({ code: 0 });
    expect((await create({ images: [image('1.0.2')] })).code).toBe(1);
    expect(await write('promoted', promoted, ['--as', PROMOTER])).toMatchObject({ code: 0 });
    await eventually('it is known', async () => ((await create({ images: [image('1.0.2')] })).code === 0 ? true : undefined), 30);
    // Applying the manifests again leaves it alone.
    await applyAgain();
    expect(
      (await inNamespace('get', 'serviceaccount', LIST, '-o', 'jsonpath={.metadata.annotations.patchway\\.dev/promoted}')).stdout,
    ).toBe(promoted);
    expect((await write('promoted', '', ['--as', DEVELOPER])).stderr).toContain('Only the promotion');
    expect(await write('promoted', ''), 'an administrator').toMatchObject({ code: 0 });
  });

  it('lets nothing in without its list, and all of it again with it', async () => {
    await kubectl(['-n', NAMESPACE, 'delete', 'serviceaccount', LIST]);
    const refusal = await eventually('it is missed', async () => ((await create({})).code === 0 ? undefined : create({})), 30);
    expect(refusal.stderr).toContain('no params found');
    await applyAgain();
    await eventually('it is back', async () => ((await create({})).code === 0 ? true : undefined), 30);
  });
});
