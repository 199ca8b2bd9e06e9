import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dig } from '../../src/manifest/dig.js';
import { WORKLOAD_KINDS } from '../../src/manifest/kinds.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { apply, eventually, freshNamespace, hasCluster, kubectl } from './cluster.js';
import { CONTAINER_FIELDS, OBJECT_FIELDS, POD_FIELDS } from './guard-fields.js';
import { type Ask, guard, image, KINDS, NAMESPACE, PROMOTER, pod, proxied, removePolicies } from './guard-support.js';

type Kind = (typeof KINDS)[number];
const REFUSED = 'The promoter may change the images of a workload, and nothing else of it.';

/** A workload of a kind whose pods have a container, an init container and a volume. */
function workload(kind: Kind) {
  const labels = { app: kind.toLowerCase() };
  const { spec } = JSON.parse(pod({ init: [image('1.0.0')], labels })) as { spec: object };
  const job = kind === 'CronJob';
  const podSpec = { ...spec, restartPolicy: job ? 'OnFailure' : 'Always', volumes: [{ name: 'data', emptyDir: {} }] };
  const template = { metadata: { labels }, spec: podSpec };
  const { group, version } = WORKLOAD_KINDS[kind];
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name: kind.toLowerCase(), namespace: NAMESPACE },
    spec: job
      ? { schedule: '0 0 31 2 *', suspend: true, jobTemplate: { spec: { template } } }
      : { selector: { matchLabels: labels }, template, ...(kind === 'StatefulSet' ? { serviceName: 'x' } : {}) },
  };
}

describe.runIf(hasCluster())('the promoter’s account', () => {
  let proxy: Awaited<ReturnType<typeof proxied>>;
  const path = (kind: Kind) => {
    const { group, version, plural } = WORKLOAD_KINDS[kind];
    return `/apis/${group}/${version}/namespaces/${NAMESPACE}/${plural}/${kind.toLowerCase()}?dryRun=All`;
  };
  const ask: Ask = (...args) => proxy.ask(...args);
  const patch = (kind: Kind, body: unknown, as?: string) => ask('PATCH', path(kind), { body, ...(as === undefined ? {} : { as }) });
  /** The pod's spec, and a merge patch of it: lists are given whole. */
  const podPatch = (kind: Kind, spec: object) =>
    WORKLOAD_KINDS[kind].template.toReversed().reduce<object>((inner, key) => ({ [key]: inner }), { spec });
  const listPatch = (kind: Kind, list: 'containers' | 'initContainers', change: Readonly<Record<string, unknown>>) => {
    const containers = dig(workload(kind), ...WORKLOAD_KINDS[kind].template, 'spec', list) as readonly object[];
    return podPatch(kind, { [list]: containers.map((container) => ({ ...container, ...change })) });
  };

  beforeAll(async () => {
    await removePolicies();
    await freshNamespace(NAMESPACE);
    proxy = await proxied();
    await apply(toYaml([...guard(), ...KINDS.map(workload)]));
    await kubectl(['-n', NAMESPACE, 'create', 'rolebinding', 'promoter', '--clusterrole=edit', `--user=${PROMOTER}`]);
    await eventually('the guard holds', async () => {
      const answers = await Promise.all(KINDS.map((kind) => patch(kind, { metadata: { labels: { a: 'b' } } }, PROMOTER)));
      return answers.every(({ status }) => status === 403 || status === 422) ? true : undefined;
    });
  });
  afterAll(async () => {
    proxy.close();
    await removePolicies();
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
  });

  it.each(KINDS)('may change images of a %s', async (kind) => {
    for (const list of ['containers', 'initContainers'] as const) {
      const answer = await patch(kind, listPatch(kind, list, { image: image('1.0.1') }), PROMOTER);
      expect(answer.status, answer.body.message).toBe(200);
      expect(JSON.stringify(answer.body)).toContain(image('1.0.1'));
    }
  });

  /** Refused for the promoter, and taken from an administrator: else it would say nothing of the guard. */
  const isRefused = async (kind: Kind, body: unknown) => {
    const [theirs, ours] = [await patch(kind, body), await patch(kind, body, PROMOTER)];
    const changed = theirs.status === 200;
    return { changed, refused: ours.status !== 200 && (!changed || (ours.body.message ?? '').includes(REFUSED)), said: ours.body.message };
  };

  it.each(KINDS)('may change no other field of a %s’s pods', async (kind) => {
    const failures: unknown[] = [];
    const check = async (what: string, body: unknown) => {
      const outcome = await isRefused(kind, body);
      if (!outcome.refused) failures.push([what, outcome]);
      return outcome.changed;
    };
    let changed = 0;
    for (const [field, value] of Object.entries(POD_FIELDS)) {
      if (value !== undefined && (await check(field, podPatch(kind, { [field]: value })))) changed += 1;
    }
    for (const list of ['containers', 'initContainers'] as const) {
      for (const [field, value] of Object.entries(CONTAINER_FIELDS)) {
        if (value !== undefined && (await check(`${list}.${field}`, listPatch(kind, list, { [field]: value })))) changed += 1;
      }
      const more = { name: 'more', image: image('1.0.0') };
      const containers = dig(workload(kind), ...WORKLOAD_KINDS[kind].template, 'spec', list) as readonly object[];
      if (await check(`one more of ${list}`, podPatch(kind, { [list]: [...containers, more] }))) changed += 1;
    }
    if (await check('no init containers', podPatch(kind, { initContainers: null }))) changed += 1;
    expect(failures).toEqual([]);
    // Most are taken from an administrator: the guard alone refuses them.
    expect(changed).toBeGreaterThan(60);
  });

  it.each(OBJECT_FIELDS.map(([kind, body]) => [kind as Kind, JSON.stringify(body)] as const))(
    'may not change of a %s: %s',
    async (kind, body) => {
      expect(await isRefused(kind, JSON.parse(body))).toMatchObject({ changed: true, refused: true });
    },
  );

  it('is tried with every field that this API server has', async () => {
    const { body } = await ask('GET', '/openapi/v3/apis/apps/v1');
    const fields = (type: string) => Object.keys(dig(body, 'components', 'schemas', `io.k8s.api.core.v1.${type}`, 'properties') as object);
    expect(fields('PodSpec').filter((field) => !(field in POD_FIELDS) && field !== 'containers' && field !== 'initContainers')).toEqual([]);
    expect(fields('Container').filter((field) => !(field in CONTAINER_FIELDS) && field !== 'image')).toEqual([]);
    expect(fields('PodSpec').length + fields('Container').length).toBeGreaterThan(60);
  });

  it('is alone in that: others change what they may', async () => {
    expect((await patch('Deployment', { spec: { replicas: 7 } })).status).toBe(200);
  });
});
