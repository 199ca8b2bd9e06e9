import { describe, expect, it } from 'vitest';
import { history } from '../../src/cli/history.js';
import type { HistoryEntry } from '../../src/promotion/state.js';
import { POLICY } from './drift/cluster.js';
import { runIn, sandbox } from './fake-io.js';
import { clusterWith, images, ioIn, NOW_RUNNING, OLD, promoted, REFERENCE } from './report-cluster.js';

type Stored = Parameters<typeof clusterWith>[1];

async function told(stored: Stored, options: { readonly format?: string; readonly stage?: string } = {}, policy: object = POLICY) {
  const { cwd } = sandbox({ 'patch-policy.json': JSON.stringify(policy) });
  const { io, stdout } = ioIn(cwd);
  let closed = false;
  const close = () => {
    closed = true;
  };
  const cluster = { ...clusterWith('production', stored), close };
  const code = await history({ policy: 'patch-policy.json', ...options }, io, { connect: async () => cluster });
  expect(closed).toBe(true);
  return { code, stdout: stdout() };
}

const blocked: HistoryEntry = {
  at: '2026-11-15T10:00:00.000Z',
  what: 'blocked',
  why: 'The gate is closed for web:1.4.2: CVE-1 is overdue.',
  to: images('1.4.2', OLD),
};
const urgent: HistoryEntry = { ...promoted, at: '2026-11-20T10:00:00.000Z', bypassed: ['soak', 'window'], by: 'jane@acme.example' };
const state = {
  workloads: { web: { current: images('1.4.1', NOW_RUNNING).web } },
  history: [urgent, blocked, promoted],
  folded: { '2026-10': { promoted: 4, rolledBack: 1 }, '2026-09': { promoted: 2 } },
};

describe('patchway history', () => {
  it('tells a story, newest first, to somebody who has read nothing', async () => {
    const { code, stdout } = await told({ state }, {}, { ...POLICY, timeZone: 'Europe/Berlin' });
    expect(code).toBe(0);
    expect(stdout).toBe(`production (namespace shop), which takes what staging runs
  It runs web:1.4.1 (sha256:aaaaaaaaaaaa).

Fri 2026-11-20 11:00 +01:00  Promoted web from web:1.4.0 (sha256:000000000000) to web:1.4.1 (sha256:aaaaaaaaaaaa)
  Why: It ran healthily in staging for 48h, the window is open, and the gate is open (nothing is overdue).
  Passed over for an exploited finding: the soak and the window.
  By jane@acme.example.

Sun 2026-11-15 11:00 +01:00  Held back web:1.4.2 (sha256:000000000000)
  Why: The gate is closed for web:1.4.2: CVE-1 is overdue.

Tue 2026-11-10 23:00 +01:00  Promoted web from web:1.4.0 (sha256:000000000000) to web:1.4.1 (sha256:aaaaaaaaaaaa)
  Why: It ran healthily in staging for 48h, the window is open, and the gate is open (nothing is overdue).

Before that, only counted
  2026-10: 4 promoted, 1 rolledBack
  2026-09: 2 promoted
`);
  });

  it('tells what is under way, and why it stands still', async () => {
    const { stdout } = await told({
      state: {
        ...state,
        step: 'soaking',
        candidate: { digests: images('1.4.2', OLD), from: 'staging', seenAt: '2026-11-20T00:00:00Z', healthyMs: 0 },
        lastError: { message: 'somebody acted', at: '2026-11-20T01:00:00Z' },
      },
    });
    expect(stdout).toContain('  web:1.4.2 (sha256:000000000000) waits until it has run healthily for long enough before.\n');
    expect(stdout).toContain('  It stands still since Fri 2026-11-20 01:00 UTC: Somebody acted.\n');
  });

  it('tells who has frozen it, and why', async () => {
    const { stdout } = await told({ state: { ...state, step: 'frozen', frozen: { by: 'jane@acme.example', reason: 'Black Friday' } } });
    expect(stdout).toContain('  It is frozen by jane@acme.example: Black Friday.\n');
  });

  it.each<[HistoryEntry['what'], string]>([
    ['deployed', 'Somebody deployed web from web:1.4.0 (sha256:000000000000) to web:1.4.1 (sha256:aaaaaaaaaaaa)'],
    ['rolledBack', 'Put back web from web:1.4.0 (sha256:000000000000) to web:1.4.1 (sha256:aaaaaaaaaaaa)'],
    ['refused', 'Refused web:1.4.1 (sha256:aaaaaaaaaaaa)'],
    ['resumed', 'Went on after an interruption'],
    ['foreignChange', 'Somebody else changed what runs'],
    ['approved', 'Approved web:1.4.1 (sha256:aaaaaaaaaaaa)'],
    ['frozen', 'Stopped: nothing is promoted from now on'],
    ['unfrozen', 'Resumed: promotion goes on'],
  ])('has words for %s', async (what, words) => {
    const { stdout } = await told({ state: { history: [{ ...promoted, what }] } });
    expect(stdout).toContain(`Tue 2026-11-10 22:00 UTC  ${words}\n`);
  });

  it('tells what the gate said where the reason does not', async () => {
    const evidence = [{ reference: REFERENCE, digest: OLD, verdict: 'unknown', reason: 'it has not been scanned' }] as const;
    const { stdout } = await told({ state: { history: [{ ...blocked, evidence }] } });
    expect(stdout).toContain('  The gate said of ghcr.io/acme/web:1.4: unknown, It has not been scanned.\n');
  });

  it('is empty before the first run', async () => {
    expect((await told({})).stdout).toBe('production (namespace shop), which takes what staging runs\n  Promotion has not run yet.\n');
  });

  it('is exported as one entry a line, with the counts of older ones', async () => {
    const { stdout } = await told({ state }, { format: 'jsonl' });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const place = { policy: 'storefront', stage: 'production', namespace: 'shop' };
    expect(lines).toEqual([
      { ...place, ...urgent },
      { ...place, ...blocked },
      { ...place, ...promoted },
      { ...place, what: 'folded', month: '2026-10', counts: { promoted: 4, rolledBack: 1 } },
      { ...place, what: 'folded', month: '2026-09', counts: { promoted: 2 } },
    ]);
  });

  it('is data as JSON', async () => {
    const { stdout } = await told({ state }, { format: 'json', stage: 'production' });
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      policy: 'storefront',
      stages: [
        { stage: 'production', namespace: 'shop', step: 'idle', workloads: state.workloads, entries: state.history, folded: state.folded },
      ],
    });
  });

  it.each([
    ['a format that does not exist', ['--format', 'xml'], 64, '--format xml: use text, json, jsonl.'],
    ['a stage that is not there', ['--stage', 'prod'], 64, '--stage prod: the policy has no such stage'],
    [
      'a stage that nothing is promoted to',
      ['--stage', 'staging'],
      64,
      '--stage staging: nothing is promoted to it in the cluster: its images come from the lock',
    ],
  ])('refuses %s', async (_, args, code, message) => {
    const { cwd } = sandbox({ 'patch-policy.yaml': JSON.stringify(POLICY) });
    const result = await runIn(cwd, ['history', ...args]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it('says what to do where the stage is not in the cluster', async () => {
    const { cwd } = sandbox({ 'patch-policy.json': JSON.stringify(POLICY) });
    const cluster = { get: async () => undefined, close: () => undefined };
    await expect(history({ policy: 'patch-policy.json' }, ioIn(cwd).io, { connect: async () => cluster })).rejects.toThrow(
      "stage production: there is no ConfigMap patchway-promotion-production in namespace shop. Apply the stage's manifests",
    );
  });
});
