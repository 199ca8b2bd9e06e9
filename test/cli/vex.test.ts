import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { run as patchway } from '../../src/cli/program.js';
import { parsePolicy } from '../../src/policy/parse.js';
import { readYaml } from '../../src/policy/read-yaml.js';
import { storefront } from '../policy/storefront.js';

const FIXTURES = fileURLToPath(new URL('../gate/fixtures/', import.meta.url));
const DIRECTORY = mkdtempSync(join(tmpdir(), 'patchway-vex-'));
const NOW = '2026-11-21T09:00:00Z';
const WEB = 'sha256:f4ca163f36182c6fc3ff305e7d544b1a78ceb651ebef8a13754f389be00b1dfd';
/** As Trivy and as Grype compare it. */
const PRODUCTS = ['10.244.0.1%3A5000%2Fweb', '10.244.0.1%3A5000'].map(
  (url) => `pkg:oci/web@${encodeURIComponent(WEB)}?repository_url=${url}`,
);

const file = (name: string, content: unknown) => {
  const path = join(DIRECTORY, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const accepted = { reason: 'not reachable', approvedBy: 'Ann Lee', expires: '2026-12-31' };
const policy = (name: string, exceptions: readonly object[]) => file(name, { ...storefront(), exceptions });

async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    stdin: async () => '',
    color: false,
    env: {},
    cwd: FIXTURES,
    now: () => Date.parse(NOW),
  };
  const code = await patchway(args, io, '0.1.0');
  return { code, out: out.join(''), err: err.join('') };
}

describe('patchway vex', () => {
  const POLICY = policy('policy.json', [
    { vulnerability: 'CVE-2023-4863', package: 'libwebp', ...accepted },
    { vulnerability: 'CVE-2024-5535', image: '10.244.0.1:5000/web', ...accepted, expires: '2027-03-01T12:00:00Z' },
    { vulnerability: 'CVE-2024-4741', package: 'openssl', image: `10.244.0.1:5000/web@${WEB}`, ...accepted },
    { vulnerability: 'CVE-2023-42366', stage: 'production', ...accepted },
  ]);
  const REPORT = ['--report', 'grype-web-1.0.0.json', 'trivy-web-1.0.0.json'];

  it('states each exception of the images, with their package URLs', async () => {
    const { code, out, err } = await run('vex', POLICY, ...REPORT);
    expect([code, err]).toEqual([0, '']);
    const { '@id': id, ...document } = JSON.parse(out);
    expect(id).toMatch(/^urn:patchway:vex:storefront:[0-9a-f]{32}$/);
    expect(document).toMatchObject({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      author: 'Patch policy storefront',
      timestamp: NOW,
      version: 1,
    });
    const libwebp = 'pkg:apk/alpine/libwebp';
    expect(document.statements[0]).toEqual({
      vulnerability: { name: 'CVE-2023-4863' },
      products: PRODUCTS.map((product) => ({
        '@id': product,
        identifiers: { purl: product },
        subcomponents: [{ '@id': libwebp, identifiers: { purl: libwebp } }],
      })),
      status: 'not_affected',
      status_notes: 'Accepted by Ann Lee until 2027-01-01T00:00:00Z.',
      impact_statement: 'not reachable',
    });
    expect(document.statements.map(({ vulnerability }: { vulnerability: { name: string } }) => vulnerability.name)).toEqual([
      'CVE-2023-4863',
      'CVE-2024-5535',
      'CVE-2024-4741',
    ]);
    expect(document.statements[2].products[0].subcomponents).toEqual([
      { '@id': 'pkg:apk/alpine/libcrypto3', identifiers: { purl: 'pkg:apk/alpine/libcrypto3' } },
    ]);
  });

  it('is the same for the same input, and has another name for another', async () => {
    const [one, same, other] = [
      await run('vex', POLICY, ...REPORT),
      await run('vex', POLICY, '--report', 'trivy-web-1.0.0.json', 'grype-web-1.0.0.json'),
      await run('vex', POLICY, ...REPORT, '--stage', 'production'),
    ];
    expect(same.out).toBe(one.out);
    expect(JSON.parse(other.out)['@id']).not.toBe(JSON.parse(one.out)['@id']);
  });

  it.each(['2026-11-21T09:00:00Z', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z', '2027-03-01T12:00:00Z'])(
    'has the effect of the exceptions where the gate reads it, as of %s',
    async (asOf) => {
      const document = file('round.vex.json', (await run('vex', POLICY, ...REPORT, '--stage', 'production')).out);
      const judged = async (...args: readonly string[]) => {
        const { out, code } = await run('gate', ...REPORT, '--format', 'json', '--as-of', asOf, '--stage', 'production', ...args);
        const [image] = JSON.parse(out).images;
        const { verdict, gateClosesAt, counts } = image;
        const findings = image.findings.map(({ id, state, failsAt }: Record<string, unknown>) => [id, state, failsAt]);
        return { code, verdict, gateClosesAt, counts, findings };
      };
      const byPolicy = await judged('--policy', POLICY);
      expect(await judged('--policy', policy('plain.json', []), '--vex', document)).toEqual(byPolicy);
      expect(byPolicy.counts.excepted).toBe(asOf < '2027-01-01' ? 4 : asOf < '2027-03-01T12' ? 1 : 0);
    },
  );

  it('leaves out what it cannot state, and says why', async () => {
    const some = policy('some.json', [
      { vulnerability: 'CVE-1', ...accepted },
      { vulnerability: 'CVE-2', package: 'zlib', image: 'ghcr.io/acme/api', ...accepted },
      { vulnerability: 'CVE-3', image: 'ghcr.io/acme/api', ...accepted, expires: '2026-01-01' },
      { vulnerability: 'CVE-4', image: 'ghcr.io/acme/api', ...accepted },
    ]);
    const { code, out, err } = await run('vex', some);
    expect(code).toBe(0);
    expect(JSON.parse(out).statements.map(({ products }: { products: readonly object[] }) => products)).toEqual([
      ['ghcr.io%2Facme%2Fapi', 'ghcr.io%2Facme'].map((url) => expect.objectContaining({ '@id': `pkg:oci/api?repository_url=${url}` })),
    ]);
    expect(err.split('\n').slice(0, 3)).toEqual([
      'warning: the exception for CVE-1 is left out: it is for every image: name them with --image or --report',
      'warning: the exception for CVE-2 in zlib is left out: the package URL of zlib is not known: name a report with --report',
      'warning: the exception for CVE-3 is left out: it ended 2026-01-02T00:00:00Z',
    ]);
    const named = JSON.parse((await run('vex', some, '--image', `web@${WEB}`, '--timestamp', '2026-11-22T00:00:00Z')).out);
    expect([named.timestamp, named.statements[0].products[0]['@id']]).toEqual([
      '2026-11-22T00:00:00Z',
      `pkg:oci/web@${encodeURIComponent(WEB)}?repository_url=index.docker.io%2Flibrary%2Fweb`,
    ]);
  });

  it.each([
    [['--image', 'Web'], '--image Web: this is not an image reference'],
    [['--timestamp', 'today'], '--timestamp today: this is not an instant'],
    [['--stage', 'prod'], "has no stage 'prod'"],
  ])('refuses %j', async (args, message) => {
    expect(await run('vex', POLICY, ...args)).toMatchObject({ code: 65, out: '', err: expect.stringContaining(message) });
  });
});

describe('patchway exceptions import', () => {
  const ignore = (text: string) => file('.trivyignore.yaml', text);
  const imported = async (text: string, ...args: readonly string[]) => {
    const result = await run('exceptions', 'import', ignore(text), '--approved-by', 'Ann', ...args);
    const read = readYaml(result.out === '' ? '{}' : result.out, 'out.yaml');
    return { ...result, value: 'value' in read ? read.value : undefined };
  };

  it('prints exceptions that a policy takes', async () => {
    const { code, err, value } = await imported(
      `vulnerabilities:
  - id: CVE-2023-4863
    purls: ["pkg:npm/%40acme/webp", "pkg:maven/org.acme/webp"]
    expired_at: 2026-12-31
    statement: "never: decodes"
  - id: CVE-2024-5535
`,
      '--expires',
      '2027-01-31',
      '--reason',
      'accepted',
    );
    expect([code, err]).toEqual([0, '']);
    const webp = { vulnerability: 'CVE-2023-4863', reason: 'never: decodes', approvedBy: 'Ann', expires: '2026-12-31T00:00:00Z' };
    expect(value).toEqual({
      exceptions: [
        { ...webp, package: '@acme/webp' },
        { ...webp, package: 'org.acme:webp' },
        { vulnerability: 'CVE-2024-5535', reason: 'accepted', approvedBy: 'Ann', expires: '2027-01-31' },
      ],
    });
    expect(parsePolicy({ ...storefront(), ...(value as object) }).problems).toEqual([]);
  });

  it('leaves out what would become wider, and tells what does', async () => {
    const { code, err, value } = await imported(`vulnerabilities:
  - {id: CVE-1, paths: [usr/bin/app], statement: a, expired_at: 2027-01-01}
  - {id: CVE-2, purls: ["pkg:apk/alpine/zlib@1.2"], statement: b, expired_at: 2027-01-01T10:00:00+01:00}
secrets:
  - id: aws
`);
    expect(code).toBe(0);
    expect(value).toEqual({
      exceptions: [{ vulnerability: 'CVE-2', package: 'zlib', reason: 'b', approvedBy: 'Ann', expires: '2027-01-01T10:00:00+01:00' }],
    });
    expect(err).toContain('vulnerabilities[0]: CVE-1 is ignored in some paths only');
    expect(err).toContain('vulnerabilities[1]: pkg:apk/alpine/zlib@1.2 names one version');
    expect(err).toContain('vulnerabilities[1]: exceptions name source packages');
    expect(err).toContain('secrets: only vulnerabilities are imported');
  });

  it('refuses entries without end or reason, all at once and with their lines', async () => {
    const { code, err, out } = await imported(`vulnerabilities:
  - id: CVE-1
  - {id: CVE-2, expired_at: someday, statement: a}
  - {statement: a}
  - {id: CVE-3, purls: [zlib], statement: a, expired_at: 2027-01-01}
`);
    expect([code, out]).toEqual([65, '']);
    expect(err).toContain(':2:5 vulnerabilities[0].statement: CVE-1 has no reason.');
    expect(err).toContain(':2:5 vulnerabilities[0].expired_at: CVE-1 has no end that can be read.');
    expect(err).toContain(':3:5 vulnerabilities[1].expired_at: CVE-2 has no end');
    expect(err).toContain(':4:5 vulnerabilities[2].id: This entry names no vulnerability.');
    expect(err).toContain(':5:5 vulnerabilities[3].purls: CVE-3 has a package URL that cannot be read.');
  });

  it.each([
    ['CVE-1\nCVE-2\n', 'This is not a .trivyignore.yaml'],
    ['vulnerabilities: CVE-1\n', 'This is not a .trivyignore.yaml'],
    ['', 'The file is empty.'],
    ['a: [', 'This is not YAML'],
  ])('refuses %j', async (text, message) => {
    expect(await imported(text)).toMatchObject({ code: 65, out: '', err: expect.stringContaining(message) });
  });

  it('wants an approver, and an end that can be read', async () => {
    expect((await run('exceptions', 'import', ignore('vulnerabilities: []'))).code).toBe(64);
    expect(await imported('vulnerabilities: []', '--expires', 'soon')).toMatchObject({
      code: 65,
      err: expect.stringContaining('--expires'),
    });
    expect(await imported('vulnerabilities: []')).toMatchObject({ code: 0, err: expect.stringContaining('nothing to import') });
  });
});
