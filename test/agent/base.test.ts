import { describe, expect, it } from 'vitest';
import { fetchWith } from '../../src/agent/fetch.js';
import { foundBase, type LookUpBase } from '../../src/agent/scan/base.js';
import type { FetchedImage } from '../../src/agent/scan/target.js';
import { scanTargets } from '../../src/manifest/workload.js';
import { PatchwayError } from '../../src/problem.js';
import { FakeCluster, fakeContext } from '../scan/fake.js';
import { config, DIGEST, image, policy, workload } from '../scan/fixture.js';

const START = Date.parse('2026-11-20T03:17:00Z');
const REPOSITORY = 'ghcr.io/acme/web';
const web = workload('web', image('web', `${REPOSITORY}:1`));
const CHECK = { base: { repository: 'docker.io/library/alpine', tag: '3.19', from: 'workload' }, state: 'current' } as const;

async function found(lookUp: LookUpBase, workloads = [web]) {
  const { context, lines } = fakeContext(new FakeCluster(), config(workloads, policy()), START);
  const target = scanTargets(workloads).find(({ repository }) => repository === REPOSITORY);
  return { found: await foundBase(context, target!, DIGEST.old, lookUp), lines };
}

describe('the base of what was fetched', () => {
  it('is looked up as the workload of that image names it', async () => {
    const asked: unknown[] = [];
    const lookUp: LookUpBase = async (_scan, _target, ...about) => {
      asked.push(about);
      return CHECK;
    };
    const sidecar = workload('other', image('main', 'ghcr.io/acme/other:1'), image('web', `${REPOSITORY}:1`));
    const workloads = [
      { ...sidecar, base: 'debian:12' },
      { ...web, base: 'alpine:3.19' },
    ];
    expect((await found(lookUp, workloads)).found).toEqual({ base: CHECK });
    await found(lookUp);
    expect(asked).toEqual([
      [`${REPOSITORY}@${DIGEST.old}`, 'alpine:3.19', START],
      [`${REPOSITORY}@${DIGEST.old}`, undefined, START],
    ]);
  });

  it.each<[string, LookUpBase, object, readonly string[]]>([
    ['nothing where nobody names one', async () => undefined, {}, []],
    [
      'a failure in words',
      async () => Promise.reject(new PatchwayError('base alpine:3.19: it is away.')),
      { base: { failure: 'base alpine:3.19: it is away.' } },
      [`${REPOSITORY}:1: nothing is known of its base: base alpine:3.19: it is away.`],
    ],
    [
      'a failure where it takes too long',
      () => new Promise(() => {}),
      { base: { failure: 'its base was not found out within 30 s' } },
      [`${REPOSITORY}:1: nothing is known of its base: its base was not found out within 30 s`],
    ],
  ])('is %s', async (_, lookUp, expected, lines) => {
    expect(await found(lookUp)).toEqual({ found: expected, lines });
  });

  it('is handed over with the image, and never keeps it from being scanned', async () => {
    const fetched = async (base: LookUpBase) => {
      const { context } = fakeContext(new FakeCluster(), config([web], policy()), START);
      let written: FetchedImage | undefined;
      const code = await fetchWith(context, {
        platform: 'linux/amd64',
        base,
        link: async () => {},
        write: async (_file, text) => {
          written = JSON.parse(text);
        },
        registry: async () => ({
          resolve: async () => ({ digest: DIGEST.old, platforms: {}, mediaType: '' }),
          pullToLayout: async () => ({ digest: '', platforms: {}, mediaType: '', imageDigest: '', bytes: 0 }),
        }),
      });
      return { code, written };
    };
    expect(await fetched(async () => CHECK)).toMatchObject({ code: 0, written: { digest: DIGEST.old, base: CHECK } });
    const away = await fetched(async () => Promise.reject(new Error('away')));
    expect(away).toMatchObject({ code: 0, written: { digest: DIGEST.old, base: { failure: 'Error: away' } } });
    expect(away.written).toHaveProperty('fetchedAt');
    expect(away.written).not.toHaveProperty('failure');
  });
});
