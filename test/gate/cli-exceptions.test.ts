import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { run as patchway } from '../../src/cli/program.js';

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url));
const DIRECTORY = mkdtempSync(join(tmpdir(), 'patchway-exceptions-'));
const WEB = 'sha256:f4ca163f36182c6fc3ff305e7d544b1a78ceb651ebef8a13754f389be00b1dfd';
const IDS = ['CVE-2023-4863', 'CVE-2024-4741', 'CVE-2024-5535', 'CVE-2023-42366', 'CVE-2023-42363', 'CVE-2023-42364', 'CVE-2024-9143'];

const file = (name: string, content: unknown) => {
  const path = join(DIRECTORY, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const exception = (vulnerability: string, changes: object = {}) => ({
  vulnerability,
  reason: 'not reachable',
  approvedBy: 'Ann',
  expires: '2026-12-31',
  ...changes,
});

const policy = (name: string, exceptions: readonly object[]) =>
  file(name, {
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '90d', low: '180d' }, exploited: { deadline: '3d' }, endOfLife: 'ignore' },
    exceptions,
    stages: [
      { name: 'staging', namespace: 'storefront-staging' },
      { name: 'production', namespace: 'storefront', after: ['staging'] },
    ],
  });

const ALL = policy(
  'all.json',
  IDS.map((id) => exception(id)),
);

async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    stdin: async () => '',
    color: false,
    env: {},
    cwd: FIXTURES,
    now: () => Date.parse('2026-11-21T09:00:00Z'),
  };
  const code = await patchway(args, io, '0.1.0');
  return { code, out: out.join(''), err: err.join('') };
}

const REPORTS = ['--report', 'trivy-web-1.0.0.json', 'grype-web-1.0.0.json'];
const gate = (file: string, ...args: readonly string[]) => run('gate', '--policy', file, ...REPORTS, ...args);

describe('patchway gate, with exceptions', () => {
  it('is open until the first of them ends, and says who accepted what', async () => {
    const { code, out, err } = await gate(ALL);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(
      'PASS 10.244.0.1:5000/web:1.0.0: nothing is overdue; the gate closes at 2027-01-01T00:00:00Z, when CVE-2023-4863',
    );
    expect(out).toContain('  excepted CVE-2023-4863 in libwebp (high): accepted by Ann until 2027-01-01T00:00:00Z: not reachable\n');
    expect(out).toContain('Exceptions:\n  used     CVE-2023-4863: until 2027-01-01T00:00:00Z, in 40d (not reachable; accepted by Ann)\n');
    expect((await gate(ALL, '--as-of', '2027-01-01T00:00:00Z')).code).toBe(2);
  });

  it('lists every exception with what became of it', async () => {
    const mixed = policy('mixed.json', [
      exception('CVE-2023-4863', { expires: '2026-11-25' }),
      exception('CVE-2024-4741', { expires: '2026-11-20' }),
      exception('CVE-1999-1', { package: 'zlib', image: '10.244.0.1:5000/web' }),
      exception('CVE-1999-2', { expires: '2026-01-01' }),
      exception('CVE-2024-5535', { stage: 'production' }),
    ]);
    const { code, out, err } = await gate(mixed);
    expect(code).toBe(2);
    expect(out.split('Exceptions:\n')[1]?.split('\n').slice(0, 5)).toEqual([
      '  expiring CVE-2023-4863: until 2026-11-26T00:00:00Z, in 4d (not reachable; accepted by Ann)',
      '  expired  CVE-2024-4741: ended 2026-11-21T00:00:00Z, 9h ago; its findings count again (not reachable; accepted by Ann)',
      '  unused   CVE-1999-1 in zlib of 10.244.0.1:5000/web: is about no finding of these images: remove it, or correct what it names (not reachable; accepted by Ann)',
      '  expired  CVE-1999-2: ended 2026-01-02T00:00:00Z, 323d ago; it is about no finding: remove it (not reachable; accepted by Ann)',
      '',
    ]);
    expect(err).toBe("warning: 1 of the policy's exceptions hold in one stage only and do not count here: name it with --stage\n");
    const inStage = JSON.parse((await gate(mixed, '--stage', 'production', '--expiring', '2d', '--format', 'json')).out);
    expect(inStage.exceptions.map((each: { state: string; expiring: boolean }) => [each.state, each.expiring])).toEqual([
      ['used', false],
      ['expired', false],
      ['unused', false],
      ['expired', false],
      ['used', false],
    ]);
    expect(inStage.exceptions[4]).toEqual({
      vulnerability: 'CVE-2024-5535',
      package: null,
      image: null,
      stage: 'production',
      reason: 'not reachable',
      approvedBy: 'Ann',
      expires: '2027-01-01T00:00:00Z',
      state: 'used',
      expiring: false,
      findings: [{ image: '10.244.0.1:5000/web:1.0.0', id: 'CVE-2024-5535', package: 'openssl' }],
    });
    expect(inStage.images[0].counts).toEqual({ overdue: 5, due: 0, reported: 1, excepted: 2, ignored: 0 });
  });

  it('refuses an --expiring that is no duration', async () => {
    expect(await gate(ALL, '--expiring', 'soon')).toMatchObject({ code: 64, out: '', err: expect.stringContaining('--expiring soon') });
  });
});

describe('patchway gate, with VEX documents', () => {
  const plain = policy('plain.json', []);
  const vex = (statements: readonly object[]) => ({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://acme.example/1',
    author: 'Acme',
    timestamp: '2026-11-01T00:00:00Z',
    version: 1,
    statements,
  });
  const all = IDS.map((name) => ({
    vulnerability: { name },
    products: [{ '@id': `pkg:oci/web@${WEB}` }],
    status: 'not_affected',
    justification: 'vulnerable_code_not_present',
  }));

  it('ignores what they say does not concern the image, and lists it', async () => {
    const { code, out, err } = await gate(plain, '--vex', file('all.vex.json', vex(all)));
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      / {2}ignored {2}CVE-2023-4863 in libwebp \(high\): not affected: vulnerable code not present \(.*all\.vex\.json\)\n/,
    );
    expect(out).toContain('The gate is open (policy storefront');
  });

  it('warns of a document that excuses nothing', async () => {
    const other = file('other.vex.json', vex([{ ...all[0], products: [{ '@id': 'pkg:oci/api' }] }]));
    expect(await gate(plain, '--vex', other)).toMatchObject({
      code: 2,
      err: `warning: ${other}: none of its statements excuses a finding of these images\n`,
    });
  });

  it('names every one that cannot be read, and gives no verdict', async () => {
    const bad = file('bad.vex.json', vex([{ ...all[0], justification: undefined }]));
    const { code, out, err } = await gate(plain, '--vex', bad, '--vex', 'missing.json');
    expect([code, out]).toEqual([65, '']);
    expect(err).toContain('bad.vex.json $.statements[0].justification: is not what was expected there');
    expect(err).toContain('missing.json: the VEX document cannot be read');
  });
});
