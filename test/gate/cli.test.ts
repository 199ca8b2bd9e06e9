import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type GateOptions, gate } from '../../src/cli/gate.js';
import type { Io } from '../../src/cli/io.js';
import { isPatchwayError } from '../../src/problem.js';
import { fixtureText } from './support.js';

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url));
const DIRECTORY = mkdtempSync(join(tmpdir(), 'patchway-gate-'));
const AS_OF = '2026-11-21T09:00:00Z';
const DIGESTS = {
  '1.0.0': 'sha256:f4ca163f36182c6fc3ff305e7d544b1a78ceb651ebef8a13754f389be00b1dfd',
  '1.0.2': 'sha256:291a13f77860f4e4f208e62eab9dc41f90be2ba32d27f1efff44273f47eeee4b',
};
const INDEX = `sha256:${'1'.repeat(64)}`;

const file = (name: string, text: string) => {
  const path = join(DIRECTORY, name);
  writeFileSync(path, text);
  return path;
};

const policyText = (gateFields: object = {}) =>
  JSON.stringify({
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: {
      deadlines: { critical: '7d', high: '14d', medium: '90d', low: '180d' },
      exploited: { deadline: '3d' },
      endOfLife: 'ignore',
      ...gateFields,
    },
    stages: [
      { name: 'staging', namespace: 'storefront-staging' },
      { name: 'production', namespace: 'storefront', after: ['staging'] },
    ],
  });

const POLICY = file('policy.json', policyText());
const LOCK = file(
  'images.lock.yaml',
  `schemaVersion: 1
images:
  10.244.0.1:5000/web:1:
    staging: {tag: 1.0.2, digest: "${INDEX}", platforms: {linux/amd64: "${DIGESTS['1.0.2']}"}, releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config}
`,
);
/** One finding that no scanner dates. */
const UNDATED = file(
  'undated.json',
  JSON.stringify({
    SchemaVersion: 2,
    ArtifactName: '10.244.0.1:5000/web:1.0.2',
    Metadata: { RepoDigests: [`10.244.0.1:5000/web@${DIGESTS['1.0.2']}`] },
    Results: [
      {
        Vulnerabilities: [
          { VulnerabilityID: 'CVE-2026-7', PkgName: 'zlib', InstalledVersion: '1.0', FixedVersion: '1.1', Severity: 'HIGH' },
        ],
      },
    ],
  }),
);
/** The same scan from an OCI layout: no registry, no digest. */
const LAYOUT = file(
  'layout.json',
  fixtureText('trivy-web-1.0.2.json')
    .replace(/"RepoDigests": \[[^\]]*\],/, '')
    .replaceAll('10.244.0.1:5000/web:1.0.2', '/work/layout'),
);

async function run(options: Partial<GateOptions>, io: Partial<Io> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const world: Io = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    stdin: async () => '',
    color: false,
    env: {},
    cwd: FIXTURES,
    now: () => Date.parse(AS_OF),
    ...io,
  };
  const outcome = await gate({ policy: POLICY, report: [], ...(io.now === undefined ? { asOf: AS_OF } : {}), ...options }, world).then(
    (code) => ({ code, message: '' }),
    (error: unknown) => {
      if (!isPatchwayError(error)) throw error;
      return { code: error.exitCode, message: error.message };
    },
  );
  return { ...outcome, out: out.join(''), err: err.join('') };
}

const both = (version: string) => [`trivy-web-${version}.json`, `grype-web-${version}.json`];

describe('patchway gate', () => {
  it('closes on web:1.0.0 and says what to do, most urgent first', async () => {
    const { code, out, err } = await run({ report: both('1.0.0') });
    expect(code).toBe(2);
    expect(err).toBe('');
    expect(out.split('\n').slice(0, 3)).toEqual([
      'FAIL 10.244.0.1:5000/web:1.0.0: 7 findings are overdue, the first since 2023-09-16T00:00:00Z: CVE-2023-4863 in libwebp',
      '  overdue  CVE-2023-4863 in libwebp (high, exploited): update libwebp 1.3.0-r3 to 1.3.1-r1',
      '           was due 2023-09-16T00:00:00Z, 1162d ago (exploited: 3d from the release of its fix, 2023-09-13T00:00:00Z)',
    ]);
    expect(out).toContain('  reported CVE-2024-13176 in openssl (medium): no fix yet: reported only\n');
    expect(out).toMatch(/The gate is closed: 1 of 1 images may not pass \(policy storefront, 2026-11-21T09:00:00Z\)\.\n$/);
  });

  it('opens on web:1.0.2', async () => {
    const { code, out, err } = await run({ report: both('1.0.2') });
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^PASS 10\.244\.0\.1:5000\/web:1\.0\.2: no finding has a deadline\n/);
    expect(out).toContain('The gate is open');
  });

  it('judges at the given instant, and now without one', async () => {
    expect(await run({ report: both('1.0.1'), asOf: '2025-01-14T23:59:59Z' })).toMatchObject({ code: 0 });
    expect(await run({ report: both('1.0.1'), asOf: '2025-01-15T01:00:00+01:00' })).toMatchObject({ code: 2 });
    expect(await run({ report: both('1.0.1') }, { now: () => Date.parse('2025-01-15T00:00:00Z') })).toMatchObject({ code: 2 });
    const { code, out } = await run({ report: both('1.0.1') }, { now: () => Date.parse('2025-01-14T00:00:00Z') });
    expect(code).toBe(0);
    expect(out).toContain('by 2025-01-15T00:00:00Z, in 24h');
  });

  it('judges every image that reports are about, and one that fails closes it', async () => {
    const { code, out } = await run({ report: ['1.0.2', '1.0.0'].flatMap(both) });
    expect(code).toBe(2);
    expect(out).toMatch(/^FAIL .*web:1\.0\.0.*[\s\S]*^PASS .*web:1\.0\.2/m);
    expect(out).toContain('1 of 2 images');
  });

  it('reads standard input', async () => {
    const { code, out } = await run({ report: ['-', 'grype-web-1.0.0.json'] }, { stdin: async () => fixtureText('trivy-web-1.0.0.json') });
    expect(code).toBe(2);
    expect(out).toContain('FAIL 10.244.0.1:5000/web:1.0.0');
  });

  it('writes JSON of a documented shape', async () => {
    const { code, out } = await run({ report: both('1.0.1'), format: 'json' });
    expect(code).toBe(2);
    const document = JSON.parse(out);
    expect(document).toMatchObject({
      schemaVersion: 1,
      policy: { name: 'storefront' },
      asOf: AS_OF,
      verdict: 'fail',
      allowed: false,
      warnings: [],
    });
    expect(document.images).toHaveLength(1);
    const [{ findings, ...image }] = document.images;
    expect(image).toEqual({
      image: '10.244.0.1:5000/web:1.0.1',
      remedy: null,
      action: null,
      digests: ['sha256:0fb10fc1dc89bdd972d60b70a37a8fc4266b162097c831e59324822925009864'],
      verdict: 'fail',
      allowed: false,
      reason: '1 finding is overdue, the first since 2025-01-15T00:00:00Z: CVE-2024-9143 in openssl',
      gateClosesAt: '2025-01-15T00:00:00Z',
      endOfLife: 'alpine 3.19.1',
      counts: { overdue: 1, due: 0, reported: 1, excepted: 0, ignored: 0 },
      scanners: [
        { kind: 'trivy', version: 'dev', scannedAt: '2026-11-21T08:39:43.035Z', databaseBuiltAt: null },
        { kind: 'grype', version: '[not provided]', scannedAt: '2026-11-21T08:39:44.632Z', databaseBuiltAt: '2026-11-21T08:34:24Z' },
      ],
    });
    expect(findings[0]).toEqual({
      id: 'CVE-2024-9143',
      aliases: [],
      package: 'openssl',
      packages: ['libcrypto3'],
      version: '3.1.6-r0',
      severity: 'medium',
      fixedIn: ['3.1.7-r1'],
      exploited: false,
      epss: 0.009,
      cvss: [{ vector: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N', score: 4.8 }],
      state: 'overdue',
      deadline: '2025-01-15T00:00:00Z',
      failsAt: '2025-01-15T00:00:00Z',
      excepted: null,
      ignored: null,
      anchor: 'fixReleased',
      anchorAt: '2024-10-17T00:00:00Z',
      anchorAssumed: false,
      fixReleasedAt: '2024-10-17T00:00:00Z',
      publishedAt: '2024-10-16T00:00:00Z',
      kevAddedAt: null,
      reason: 'medium: 90d from the release of its fix, 2024-10-17T00:00:00Z',
      action: 'update openssl 3.1.6-r0 to 3.1.7-r1',
      scanners: ['grype', 'trivy'],
    });
  });

  it('colours a terminal only, and lets no report move its cursor', async () => {
    expect((await run({ report: both('1.0.2') }, { color: true })).out).toContain('\u001B[32mPASS\u001B[0m ');
    const evil = file('evil.json', fixtureText('trivy-web-1.0.2.json').replace('"CVE-2024-13176"', '"CVE-2024-13176\\u001b[2J\\nPASS"'));
    const { out } = await run({ report: [evil] });
    expect(out).toContain('CVE-2024-13176?[2J?PASS in openssl');
    expect(out).not.toContain('\u001B');
  });
});

describe('patchway gate, with what reports do not tell', () => {
  const preset = (gate: object, exposure?: string) => {
    const { gate: _, stages, ...rest } = JSON.parse(policyText());
    const [staging, production] = stages;
    const exposed = exposure === undefined ? production : { ...production, exposure };
    return file(`preset-${names++}.json`, JSON.stringify({ ...rest, gate: { endOfLife: 'ignore', ...gate }, stages: [staging, exposed] }));
  };
  let names = 0;
  const reasonsOf = (out: string) =>
    Object.fromEntries(JSON.parse(out).images[0].findings.map((one: { id: string; reason: string }) => [one.id, one.reason]));

  it('judges by a preset, and by Vulnrichment where it is named', async () => {
    const policy = preset({ preset: 'bod26-04', exposure: 'internal' });
    const derived = await run({ policy, report: both('1.0.0'), format: 'json' });
    expect(derived).toMatchObject({ code: 2, err: '' });
    expect(reasonsOf(derived.out)).toMatchObject({
      'CVE-2023-4863':
        'bod26-04, exploited, not exposed (by the policy), not automatable (derived from CVSS), total impact (derived from CVSS): 14d from the release of its fix, 2023-09-13T00:00:00Z',
      'CVE-2024-9143':
        'bod26-04, not exploited, not exposed (by the policy), not automatable (derived from CVSS), partial impact (derived from CVSS): no deadline (fix on upgrade)',
    });
    const content = { options: [{ Automatable: 'yes' }] };
    const record = (cveId: string) => ({
      cveMetadata: { cveId },
      containers: { adp: [{ metrics: [{ other: { type: 'ssvc', content } }] }] },
    });
    const [one, other] = ['CVE-2023-4863', 'CVE-2024-9143'].map((id) => file(`${id}.json`, JSON.stringify(record(id))));
    const told = await run({ policy, report: both('1.0.0'), vulnrichment: [one!, other!], format: 'json' });
    expect(reasonsOf(told.out)).toMatchObject({
      'CVE-2023-4863': expect.stringMatching(
        /automatable \(by Vulnrichment\), total impact \(derived from CVSS\): 3d \(with forensics\) from/,
      ),
      'CVE-2024-9143': expect.stringMatching(/automatable \(by Vulnrichment\), partial impact \(derived from CVSS\): 60d from/),
    });
    const bad = file('bad-record.json', '{}');
    const refused = await run({ policy, report: both('1.0.0'), vulnrichment: [bad] });
    expect(refused).toMatchObject({ code: 65, out: '', message: expect.stringMatching(/bad-record\.json.*cveMetadata/s) });
  });

  it('judges by the exposure of the stage and of those after it', async () => {
    const policy = preset({ preset: 'bod26-04', exposure: 'internal' }, 'internet');
    for (const options of [{}, { stage: 'staging' }, { stage: 'production' }]) {
      const { out } = await run({ policy, report: both('1.0.0'), format: 'json', ...options });
      expect(reasonsOf(out)['CVE-2024-9143']).toContain('not exploited, exposed (by the policy)');
    }
  });

  it('warns where no report tells what a rule asks for', async () => {
    const report = both('1.0.2').filter((name) => name.includes('trivy'));
    const { err } = await run({ policy: preset({ preset: 'bod26-04', epss: { above: 0.5, deadline: '3d' } }), report });
    expect(err).toContain('no report tells which findings are exploited');
    expect(err).toContain('no report gives EPSS');
  });

  it.each([
    ['warn', 0, 'warning: 10.244.0.1:5000/web:1.0.2: alpine 3.19.1 has reached its end of life', /^PASS /],
    ['ignore', 0, '', /^PASS /],
    ['block', 2, '', /^FAIL 10\.244\.0\.1:5000\/web:1\.0\.2: alpine 3\.19\.1 has reached its end of life.*: move to a newer release\n/],
  ] as const)('endOfLife %s exits %i', async (endOfLife, code, warning, verdict) => {
    const policy = file(`${endOfLife}.json`, policyText({ endOfLife }));
    const found = await run({ policy, report: both('1.0.2') });
    expect(found.code).toBe(code);
    expect(found.err.startsWith(warning)).toBe(true);
    expect(found.err === '').toBe(warning === '');
    expect(found.out).toMatch(verdict);
    const sarif = JSON.parse((await run({ policy, report: both('1.0.2'), format: 'sarif' })).out);
    const notes = sarif.runs[0].invocations[0].toolExecutionNotifications.map(({ level }: { level: string }) => level);
    expect(notes).toEqual({ warn: ['warning'], ignore: [], block: ['error'] }[endOfLife]);
  });
});

describe('patchway gate, where reports leave something open', () => {
  const LATE = '2026-11-30T00:00:00Z';

  it.each([
    ['block', 2],
    ['warn', 0],
  ] as const)('%s: reports that are too old exit %i', async (onMissingEvidence, expected) => {
    const policy = file(`${onMissingEvidence}.json`, policyText({ onMissingEvidence }));
    const { code, out, err } = await run({ policy, report: both('1.0.2'), asOf: LATE });
    expect(code).toBe(expected);
    expect(out).toContain('UNKNOWN 10.244.0.1:5000/web:1.0.2: the report of 2026-11-21T08:39:');
    expect(err.includes('onMissingEvidence is warn')).toBe(expected === 0);
  });

  it('warns of a missing scanner, and of what only that one tells', async () => {
    const { code, err } = await run({ report: ['trivy-web-1.0.2.json'] });
    expect(code).toBe(0);
    expect(err).toContain('warning: 10.244.0.1:5000/web:1.0.2: there is no report of grype, which the policy names');
    expect(err).toContain('no report tells which findings are exploited');
    expect((await run({ report: ['grype-web-1.0.2.json'] })).err).not.toContain('exploited');
  });

  it('warns that first detection is not known', async () => {
    const policy = file('detected.json', policyText({ anchor: 'detected' }));
    expect((await run({ policy, report: both('1.0.2') })).err).toContain('every finding counts as detected now');
  });

  it("counts from the lock's release where nothing else is dated, through a platform's digest", async () => {
    const { out } = await run({ report: [UNDATED], lock: LOCK, stage: 'staging' });
    expect(out).toContain("from the image's release, 2026-11-10T09:00:00Z (assumed: no scanner dates the fix)");
    expect((await run({ report: [UNDATED], lock: LOCK, stage: 'production' })).out).toContain('from the moment of this verdict');
  });
});

describe('patchway gate --image', () => {
  it('says what a report on a layout is about', async () => {
    const { code, out } = await run({ report: [LAYOUT, 'grype-web-1.0.2.json'], image: '10.244.0.1:5000/web:1.0.2' });
    expect(code).toBe(0);
    expect(out).toMatch(/^PASS 10\.244\.0\.1:5000\/web:1\.0\.2: /);
    expect(out.match(/PASS/g)).toHaveLength(1);
    expect((await run({ report: [LAYOUT, 'grype-web-1.0.2.json'] })).out).toContain('PASS /work/layout: ');
  });

  it('takes an index whose platform the report names, by the lock', async () => {
    const image = `10.244.0.1:5000/web:1@${INDEX}`;
    expect(await run({ report: both('1.0.2'), image })).toMatchObject({ code: 65, out: '' });
    expect(await run({ report: both('1.0.2'), image, lock: LOCK })).toMatchObject({ code: 0 });
  });

  it.each([
    ['of another repository', 'ghcr.io/acme/web:1.0.2', 'says that it is about another image'],
    ['of another digest', `10.244.0.1:5000/web@${DIGESTS['1.0.0']}`, 'says that it is about another image'],
    ['that is no reference', 'Web!', 'is not an image reference'],
  ])('refuses one %s', async (_, image, expected) => {
    const { code, out, message } = await run({ report: both('1.0.2'), image });
    expect([code, out]).toEqual([65, '']);
    expect(message).toContain(expected);
  });
});

describe('patchway gate on bad input prints no verdict', () => {
  const CUT = file('cut.json', fixtureText('trivy-web-1.0.0.json').slice(0, 3000));
  const EMPTY = file('empty.json', '');

  it.each<[string, Partial<GateOptions>, number, string]>([
    ['a report that is cut off', { report: [CUT] }, 65, `${CUT}`],
    ['one of several', { report: ['grype-web-1.0.0.json', EMPTY] }, 65, 'The report is empty'],
    ['a report that is not there', { report: ['none.json'] }, 65, 'none.json: the report cannot be read: ENOENT'],
    ["another scanner's", { report: [file('clair.json', '{"manifest_hash":"x"}')] }, 65, 'an index report of Clair'],
    ['an empty standard input', { report: ['-'] }, 65, 'standard input The report is empty'],
    ['no report', { report: [] }, 64, '--report'],
    [
      'an instant without an offset',
      { report: both('1.0.2'), asOf: '2026-11-21T09:00:00' },
      65,
      '--as-of 2026-11-21T09:00:00: this is not an instant',
    ],
    ['a day that does not exist', { report: both('1.0.2'), asOf: '2026-02-30T09:00:00Z' }, 65, 'this is not an instant'],
    ['a format', { report: both('1.0.2'), format: 'xml' }, 64, '--format xml'],
    ['a stage', { report: both('1.0.2'), stage: 'prod' }, 64, 'it has staging, production'],
  ])('%s', async (_, options, expected, text) => {
    const { code, out, message } = await run(options);
    expect([code, out]).toEqual([expected, '']);
    expect(message).toContain(text);
  });

  it('names every bad report at once', async () => {
    const { message } = await run({ report: [CUT, EMPTY, 'none.json'] });
    expect(message).toContain('cut off');
    expect(message).toContain('is empty');
    expect(message).toContain('ENOENT');
  });
});
