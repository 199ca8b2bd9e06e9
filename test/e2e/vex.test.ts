import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { run as patchway } from '../../src/cli/program.js';
import { exec, GRYPE_DB, hasCluster, REGISTRY, TRIVY_DB } from './cluster.js';

const PROGRAMS = process.env.PATCHWAY_TEST_BIN ?? join(homedir(), '.cache', 'patchway-cluster', 'bin');
const DIRECTORY = mkdtempSync(join(tmpdir(), 'patchway-vex-e2e-'));
const IMAGE = `${REGISTRY}/web:1.0.0`;
const at = (name: string) => join(DIRECTORY, name);

const ENVIRONMENT = {
  GRYPE_DB_UPDATE_URL: GRYPE_DB,
  GRYPE_DB_CACHE_DIR: at('grype'),
  GRYPE_DB_VALIDATE_AGE: 'false',
  GRYPE_CHECK_FOR_APP_UPDATE: 'false',
  GRYPE_REGISTRY_INSECURE_USE_HTTP: 'true',
  TRIVY_CACHE_DIR: at('trivy'),
  TRIVY_DB_REPOSITORY: TRIVY_DB,
  TRIVY_INSECURE: 'true',
  TRIVY_NON_SSL: 'true',
};

interface TrivyReport {
  readonly Results: readonly {
    readonly Vulnerabilities?: readonly { readonly VulnerabilityID: string }[];
    readonly ExperimentalModifiedFindings?: readonly { readonly Finding: { readonly VulnerabilityID: string } }[];
  }[];
}

interface GrypeReport {
  readonly matches: readonly { readonly vulnerability: { readonly id: string } }[];
  readonly ignoredMatches?: readonly { readonly vulnerability: { readonly id: string } }[];
}

/** What a scanner reports, and what it leaves out because of a VEX document: sorted ids. */
interface Scanned {
  readonly reported: readonly string[];
  readonly suppressed: readonly string[];
}

async function trivy(file: string, ...args: readonly string[]): Promise<Scanned> {
  const all = ['image', '--quiet', '--scanners', 'vuln', '--image-src', 'remote', '--format', 'json', '--output', at(file), ...args, IMAGE];
  const { code, stderr } = await exec(join(PROGRAMS, 'trivy'), all, { env: ENVIRONMENT });
  if (code !== 0) throw new Error(stderr);
  const { Results } = JSON.parse(readFileSync(at(file), 'utf8')) as TrivyReport;
  return {
    reported: Results.flatMap(({ Vulnerabilities = [] }) => Vulnerabilities.map((found) => found.VulnerabilityID)).sort(),
    suppressed: Results.flatMap(({ ExperimentalModifiedFindings: modified = [] }) =>
      modified.map(({ Finding }) => Finding.VulnerabilityID),
    ).sort(),
  };
}

async function grype(file: string, ...args: readonly string[]): Promise<Scanned> {
  const all = [`registry:${IMAGE}`, '--output', 'json', '--file', at(file), ...args];
  const { code, stderr } = await exec(join(PROGRAMS, 'grype'), all, { env: ENVIRONMENT });
  if (code !== 0) throw new Error(stderr);
  const { matches, ignoredMatches = [] } = JSON.parse(readFileSync(at(file), 'utf8')) as GrypeReport;
  return {
    reported: matches.map(({ vulnerability }) => vulnerability.id).sort(),
    suppressed: ignoredMatches.map(({ vulnerability }) => vulnerability.id).sort(),
  };
}

async function cli(...args: readonly string[]) {
  const out: string[] = [];
  const io: Io = {
    out: (text) => out.push(text),
    err: () => {},
    stdin: async () => '',
    color: false,
    env: {},
    cwd: DIRECTORY,
    now: () => Date.now(),
  };
  const code = await patchway(args, io, '0.1.0');
  return { code, out: out.join('') };
}

function policy(name: string, exceptions: readonly object[]): string {
  const document = {
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '90d', low: '180d' } },
    exceptions,
    stages: [{ name: 'production', namespace: 'storefront' }],
  };
  writeFileSync(at(name), JSON.stringify(document));
  return at(name);
}

describe.runIf(hasCluster())('exceptions as OpenVEX', () => {
  const accepted = { reason: 'not reachable', approvedBy: 'Ann', expires: new Date(Date.now() + 30 * 86_400_000).toISOString() };
  const POLICY = policy('policy.json', [
    { vulnerability: 'CVE-2023-4863', package: 'libwebp', ...accepted },
    { vulnerability: 'CVE-2024-5535', package: 'openssl', image: `${REGISTRY}/web`, ...accepted },
    { vulnerability: 'CVE-2023-42366', ...accepted },
    { vulnerability: 'CVE-2024-9143', image: `${REGISTRY}/other`, ...accepted },
    { vulnerability: 'CVE-2024-4741', package: 'busybox', ...accepted },
  ]);
  const EXCUSED = ['CVE-2023-42366', 'CVE-2023-4863', 'CVE-2024-5535'];
  let plain: { readonly trivy: Scanned; readonly grype: Scanned };

  beforeAll(async () => {
    plain = { trivy: await trivy('trivy.json'), grype: await grype('grype.json') };
    const { code, out } = await cli('vex', POLICY, '--report', 'trivy.json', 'grype.json');
    expect(code).toBe(0);
    writeFileSync(at('web.vex.json'), out);
  });

  it('are read by Trivy, which leaves out exactly what they are about', async () => {
    const { reported, suppressed } = await trivy('trivy-vex.json', '--vex', at('web.vex.json'), '--show-suppressed');
    expect(suppressed).toEqual(EXCUSED);
    expect([...reported, ...suppressed].sort()).toEqual(plain.trivy.reported);
  });

  it('are read by Grype, which leaves out exactly what they are about', async () => {
    const { reported, suppressed } = await grype('grype-vex.json', '--vex', at('web.vex.json'));
    expect(suppressed).toEqual(EXCUSED);
    expect([...reported, ...suppressed].sort()).toEqual(plain.grype.reported);
  });

  it('are read by the gate, to the same effect as from the policy', async () => {
    const excepted = async (...args: readonly string[]) => {
      const { out } = await cli('gate', '--report', 'trivy.json', 'grype.json', '--format', 'json', ...args);
      const { findings } = JSON.parse(out).images[0] as { findings: readonly { readonly id: string; readonly state: string }[] };
      return findings
        .filter(({ state }) => state === 'excepted')
        .map(({ id }) => id)
        .sort();
    };
    expect(await excepted('--policy', POLICY)).toEqual(EXCUSED);
    expect(await excepted('--policy', policy('plain.json', []), '--vex', 'web.vex.json')).toEqual(EXCUSED);
  });
});
