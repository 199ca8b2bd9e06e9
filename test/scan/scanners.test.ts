import { describe, expect, it } from 'vitest';
import type { Scanner } from '../../src/policy/policy.js';
import { checkDownloads, checkScanners } from '../../src/scan/check.js';
import { SCANNER_ENGINES } from '../../src/scan/engines.js';
import { scanPod } from '../../src/scan/pod.js';
import { lock, MINUTE, mount, policy } from './fixture.js';

const start = (scanner: Partial<Scanner> & Pick<Scanner, 'kind'>, timeout = 20 * MINUTE, cached = false) =>
  SCANNER_ENGINES[scanner.kind].program!.start({ args: [], ...scanner }, { timeout, cached });

const env = (scanner: Partial<Scanner> & Pick<Scanner, 'kind'>) =>
  Object.fromEntries(start(scanner).env.map(({ name, value }) => [name, value]));

describe('trivy', () => {
  it('reads the layout and writes JSON', () => {
    const { args } = start({ kind: 'trivy' });
    expect(args.slice(0, 3)).toEqual(['image', '--input', '/work/image']);
    expect(args).toContain('/tmp/report.json');
    expect(args).not.toContain('--db-repository');
  });

  it('has the policy’s time instead of its own five minutes', () => {
    const { args } = start({ kind: 'trivy' });
    expect(args[args.indexOf('--timeout') + 1]).toBe('1200s');
  });

  it.each([
    [
      'mirror.example/trivy-db:2',
      ['--db-repository', 'mirror.example/trivy-db:2', '--java-db-repository', 'mirror.example/trivy-java-db:1'],
    ],
    ['10.0.0.1:5000/trivy-db', ['--db-repository', '10.0.0.1:5000/trivy-db', '--java-db-repository', '10.0.0.1:5000/trivy-java-db:1']],
    ['mirror.example/vulnerabilities:2', ['--db-repository', 'mirror.example/vulnerabilities:2']],
  ])('takes the database from the mirror %s, and the one for Java from beside it', (database, expected) => {
    const { args } = start({ kind: 'trivy', database });
    expect(args.slice(args.indexOf('--db-repository'))).toEqual(expected);
  });

  it.each([[['--java-db-repository', 'other.example/java:1']], [['--java-db-repository=other.example/java:1']]])(
    'leaves the Java database to %j',
    (args) => {
      expect(start({ kind: 'trivy', database: 'mirror.example/trivy-db:2', args }).args).not.toContain('--java-db-repository');
    },
  );
});

describe('grype', () => {
  it('reads the layout and writes JSON', () => {
    expect(start({ kind: 'grype' }).args).toEqual(['oci-dir:/work/image', '--output', 'json', '--file', '/tmp/report.json']);
  });

  it('takes the database from a mirror where there is one', () => {
    expect(env({ kind: 'grype' })).toEqual({
      GRYPE_DB_CACHE_DIR: '/tmp/cache',
      GRYPE_DB_UPDATE_DOWNLOAD_TIMEOUT: '1200s',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    });
    expect(env({ kind: 'grype', database: 'https://mirror.example/latest.json' }).GRYPE_DB_UPDATE_URL).toBe(
      'https://mirror.example/latest.json',
    );
  });
});

describe('a scanner’s container', () => {
  const containers = (registryCa?: string) =>
    scanPod(
      { ...policy().scan, scanners: [{ kind: 'trivy', args: ['--ignore-unfixed'] }], ...(registryCa === undefined ? {} : { registryCa }) },
      [],
      lock(),
      mount,
      'scan',
    ).containers;

  it('has the policy’s arguments after Patchway’s', () => {
    expect(containers()[1]?.args).toEqual([...start({ kind: 'trivy' }, 15 * MINUTE).args, '--ignore-unfixed']);
  });

  it('trusts the private authority beside the public ones', () => {
    expect(containers('corporate-ca')[1]?.env).toContainEqual({ name: 'SSL_CERT_DIR', value: '/etc/ssl/certs:/patchway/ca' });
    expect(containers()[1]?.env).toEqual([{ name: 'HOME', value: '/tmp' }]);
  });
});

describe('checkScanners', () => {
  const kinds = (...names: Scanner['kind'][]) => ({ scanners: names.map((kind) => ({ kind, args: [] })) });
  const paths = (scan: { readonly scanners: readonly Scanner[] }, gate = {}) =>
    checkScanners(policy({ scan, gate })).map(({ path, severity }) => `${severity} ${path}`);

  it('has nothing to say about Grype, alone or with Trivy', () => {
    expect(paths(kinds('grype'))).toEqual([]);
    expect(paths(kinds('trivy', 'grype'))).toEqual([]);
  });

  it('warns that Trivy alone knows neither what is exploited nor when a fix was released', () => {
    expect(paths(kinds('trivy'))).toEqual(['warning gate.exploited', 'warning gate.anchor']);
    expect(paths(kinds('trivy'), { anchor: 'published', exploited: undefined })).toEqual([]);
  });

  it('warns of rules that need what no scanner tells: a preset’s rows for exploited findings, and EPSS', () => {
    const asked = {
      anchor: 'published',
      exploited: undefined,
      preset: { name: 'bod26-04', rows: [{ when: { exploited: true }, deadline: 1 }] },
      epss: { above: 0.5, deadline: 1 },
    } as const;
    expect(paths(kinds('trivy'), asked)).toEqual(['warning gate.preset', 'warning gate.epss']);
    expect(paths(kinds('trivy'), { ...asked, preset: { name: 'pci-4.0.1', rows: [{ when: {} }] } })).toEqual(['warning gate.epss']);
    expect(paths(kinds('grype'), asked)).toEqual([]);
  });

  it.each([
    ['trivy', '--output', true],
    ['trivy', '--format=table', true],
    ['trivy', '--ignore-unfixed', false],
    ['grype', '--fail-on=high', true],
    ['grype', '--only-fixed', false],
  ] as const)('%s %s: refused is %s', (kind, arg, refused) => {
    expect(paths({ scanners: [{ kind, args: [arg] }] }).includes('error scan.scanners[0].args[0]')).toBe(refused);
  });
});

describe('checkDownloads', () => {
  const scanners: readonly Scanner[] = [
    { kind: 'trivy', args: [], database: 'mirror.example/trivy-db:2' },
    { kind: 'clair', args: [], server: 'https://clair.example' },
    { kind: 'grype', args: [] },
  ];

  it('warns of a scanner without a mirror where a stage scans more than 20 images, and says what to do', () => {
    const [problem, ...others] = checkDownloads(policy({ scan: { scanners } }), 21);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ path: 'scan.scanners[2].database', severity: 'warning' });
    expect(problem?.message).toContain("grype's database is downloaded 21 times");
    expect(problem?.message).toContain('Name a mirror');
  });

  it('is silent up to 20 images, and where every scanner has a mirror or a server', () => {
    expect(checkDownloads(policy({ scan: { scanners } }), 20)).toEqual([]);
    expect(checkDownloads(policy({ scan: { scanners: scanners.slice(0, 2) } }), 1000)).toEqual([]);
  });
});
