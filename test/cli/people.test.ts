import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cluster, KubernetesObject } from '../../src/agent/kubernetes.js';
import { approve } from '../../src/cli/approve.js';
import { freeze, unfreeze } from '../../src/cli/freeze.js';
import type { Io } from '../../src/cli/io.js';
import { readPeople } from '../../src/promotion/people.js';
import { candidate, digest, NOW, state } from '../promotion/support.js';

const POLICY = join(mkdtempSync(join(tmpdir(), 'patchway-people-')), 'policy.json');
const policyWith = (changes: object, promotion: object = {}) =>
  writeFileSync(
    POLICY,
    JSON.stringify({
      name: 'shop',
      scan: { schedule: '0 3 * * *', scanners: [{ kind: 'grype' }] },
      gate: { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } },
      stages: [
        { name: 'staging', namespace: 'shop-staging' },
        { name: 'production', namespace: 'shop', after: ['staging'], ...changes },
      ],
      promotion,
    }),
  );

/** A cluster with the two ConfigMaps, signed in as alice. */
function clusterOf(data: Readonly<Record<string, string>> = {}) {
  const objects = new Map<string, KubernetesObject>([
    ['patchway-approvals-production', { metadata: { name: 'patchway-approvals-production', resourceVersion: '1' }, data }],
    [
      'patchway-promotion-production',
      { metadata: { name: 'patchway-promotion-production' }, data: { state: JSON.stringify(state({ candidate: candidate('B') })) } },
    ],
  ]);
  const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const unused = () => Promise.reject(new Error('nobody asks for this'));
  const cluster: Cluster & { close(): void } = {
    get: async (path) => (path.startsWith('/api/v1/namespaces/shop/configmaps/') ? objects.get(nameOf(path)) : undefined),
    create: async () => ({ metadata: { name: '' }, status: { userInfo: { username: 'alice' } } }),
    replace: async (path, body) => {
      const written = JSON.parse(JSON.stringify(body)) as KubernetesObject;
      objects.set(nameOf(path), written);
      return written;
    },
    apply: unused,
    edit: unused,
    remove: unused,
    close: () => undefined,
  };
  const people = () =>
    readPeople((objects.get('patchway-approvals-production') as { data?: Record<string, unknown> } | undefined)?.data ?? {});
  return { connect: async () => cluster, people, objects };
}

function ioOf() {
  const said: string[] = [];
  const io: Io = {
    out: (text) => said.push(text),
    err: (text) => said.push(text),
    stdin: async () => '',
    color: false,
    env: {},
    cwd: '/',
    now: () => NOW,
  };
  return { io, said: () => said.join('') };
}

const production = { stage: 'production', policy: POLICY };

describe('patchway approve', () => {
  it.each([digest('B'), digest('B').slice(0, 19), digest('B').slice(7, 19)])('says yes to %s, which waits', async (given) => {
    policyWith({ approval: 'manual' });
    const { connect, people } = clusterOf();
    const { io, said } = ioOf();
    expect(await approve({ ...production, digest: [given] }, io, connect)).toBe(0);
    expect(said()).toBe('web:1.4.1 (sha256:626262626262) is approved for production by alice, until 2026-11-28T12:00:00.000Z.\n');
    expect(people().approvals).toEqual([
      { by: 'alice', at: '2026-11-21T12:00:00.000Z', stage: 'production', repository: 'ghcr.io/acme/web', digest: digest('B') },
    ]);
  });

  it.each([digest('C'), 'sha256:62', '1.4.1', ''])('answers no to %j, and says what waits', async (given) => {
    policyWith({ approval: 'manual' });
    const { connect, people } = clusterOf();
    const { io, said } = ioOf();
    expect(await approve({ ...production, digest: [digest('B'), given] }, io, connect)).toBe(2);
    expect(said()).toContain(
      `does not wait to be promoted to production. What waits is\n  web:1.4.1 (sha256:626262626262)  ${digest('B')}\n`,
    );
    expect(people().approvals).toEqual([]);
  });

  it('says that nothing waits', async () => {
    policyWith({ approval: 'manual' });
    const { connect, objects } = clusterOf();
    objects.delete('patchway-promotion-production');
    const { io, said } = ioOf();
    expect(await approve({ ...production, digest: [digest('B')] }, io, connect)).toBe(2);
    expect(said()).toContain('Nothing waits there.');
  });

  it.each([
    ['asks nobody', {}, {}, 'production', 64, /its images need no approval\. Set approval: manual/],
    ['is first', {}, {}, 'staging', 64, /comes after none/],
    ['is unknown', {}, {}, 'prod', 64, /the policy has no such stage; it has staging, production/],
    [
      'is promoted to by a forge',
      { approval: 'manual' },
      { engine: 'github-actions' },
      'production',
      64,
      /review or close its request there/,
    ],
  ])('refuses a stage that %s', async (_, changes, promotion, stage, exitCode, message) => {
    policyWith(changes, promotion);
    const { io } = ioOf();
    const refused = expect((async () => approve({ ...production, stage, digest: [digest('B')] }, io, clusterOf().connect))()).rejects;
    await refused.toMatchObject({ exitCode, message: expect.stringMatching(message) });
  });

  it('says what to apply where there is nothing to write to', async () => {
    policyWith({ approval: 'manual' });
    const { connect, objects } = clusterOf();
    objects.clear();
    await expect(approve({ ...production, digest: [digest('B')] }, ioOf().io, connect)).rejects.toThrow(
      /no ConfigMap shop\/patchway-approvals-production\. Apply/,
    );
  });
});

describe('patchway freeze and unfreeze', () => {
  it('stop a stage and let it go on, and leave approvals alone', async () => {
    policyWith({});
    const { connect, people, objects } = clusterOf({ 'approval.1': 'kept' });
    const { io, said } = ioOf();
    expect(await freeze({ ...production, reason: ' Black Friday ', until: '2026-11-28T01:00:00+01:00' }, io, connect)).toBe(0);
    expect(people().freeze).toEqual({
      by: 'alice',
      at: '2026-11-21T12:00:00.000Z',
      reason: 'Black Friday',
      until: '2026-11-28T00:00:00.000Z',
    });
    expect(await unfreeze(production, io, connect)).toBe(0);
    expect(objects.get('patchway-approvals-production')?.data).toEqual({ 'approval.1': 'kept' });
    expect(await unfreeze(production, io, connect)).toBe(0);
    expect(said()).toBe(
      'Promotion to production is frozen by alice until 2026-11-28T00:00:00.000Z.\nPromotion to production goes on with its next run.\nPromotion to production is not frozen.\n',
    );
  });

  it.each([
    ['tomorrow', /--until tomorrow: this is not an instant/],
    ['2026-11-21T12:00:00Z', /this is over/],
  ])('refuses %s as its end', (until, message) => {
    policyWith({});
    expect(() => freeze({ ...production, reason: 'x', until }, ioOf().io, clusterOf().connect)).toThrow(message);
  });

  it('wants a reason', () => {
    expect(() => freeze({ ...production, reason: ' ' }, ioOf().io, clusterOf().connect)).toThrow(/--reason/);
  });
});
