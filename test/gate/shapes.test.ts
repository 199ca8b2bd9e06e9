import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/gate/finding.js';
import { joinFindings } from '../../src/gate/join.js';
import { isPatchwayError } from '../../src/problem.js';
import { fixture, web } from './support.js';

const WEB_DIGEST = 'sha256:f4ca163f36182c6fc3ff305e7d544b1a78ceb651ebef8a13754f389be00b1dfd';

const joined = (...names: readonly string[]) => joinFindings(names.map(fixture));

function refusal(name: string): string {
  try {
    fixture(name);
  } catch (error) {
    if (isPatchwayError(error) && error.exitCode === 65) return error.message;
    throw error;
  }
  throw new Error(`${name} was not refused`);
}

describe('reports of older releases', () => {
  it.each(['1.0.0', '1.0.1', '1.0.2'])('Trivy 0.58 says the same of web:%s as 0.74, beside Grype', (version) => {
    expect(joined(`trivy-0.58-web-${version}.json`, `grype-web-${version}.json`)).toEqual(joinFindings(web(version)));
  });

  it('Trivy 0.58 alone finds the same under the names of binary packages, as it lists no packages', () => {
    const key = ({ id, packages }: { readonly id: string; readonly packages: readonly string[] }) => `${id} ${packages.join()}`;
    expect(joined('trivy-0.58-web-1.0.0.json').map(key)).toEqual(joined('trivy-web-1.0.0.json').map(key));
    expect(new Set(joined('trivy-0.58-web-1.0.0.json').map((finding) => finding.package))).toEqual(
      new Set(['busybox', 'libcrypto3', 'libwebp']),
    );
  });
});

describe('Grype 0.86', () => {
  it.each(['1.0.0', '1.0.1', '1.0.2'])('says the same of web:%s as 0.110, without dates, exploitation and EPSS', (version) => {
    const told = ({ id, package: name, packages, version: installed, severity, fixedIn }: Finding) =>
      [id, name, packages, installed, severity, fixedIn] as const;
    const old = joined(`grype-0.86-web-${version}.json`);
    expect(old.map(told)).toEqual(joined(`grype-web-${version}.json`).map(told));
    expect(old.filter(({ fixReleasedAt, exploited, epss }) => fixReleasedAt !== undefined || exploited || epss !== undefined)).toEqual([]);
  });

  it('dates its database', () => {
    expect(fixture('grype-0.86-web-1.0.0.json').databaseBuiltAt).toBe('2026-11-21T11:45:54Z');
  });
});

describe('Clair', () => {
  it('says which image it is about, and nothing of when', () => {
    const { findings, ...report } = fixture('clair-web-1.0.0.json');
    expect(report).toEqual({ scanner: 'clair', digests: [WEB_DIGEST], repositories: [] });
    expect(findings).toHaveLength(8);
  });

  it.each([
    ['1.0.0', 8],
    ['1.0.1', 2],
    ['1.0.2', 1],
  ])('adds no finding to the others’ of web:%s, which has %i', (version, count) => {
    const all = joinFindings([...web(version), fixture(`clair-web-${version}.json`)]);
    expect(all).toHaveLength(count);
    expect(all.map(({ scanners }) => scanners)).toEqual(all.map(() => ['clair', 'grype', 'trivy']));
    expect(all.map((finding) => ({ ...finding, scanners: ['grype', 'trivy'] }))).toEqual(joinFindings(web(version)));
  });

  it('knows no severity of what Alpine does not rate, which hides none that others know', () => {
    const rated = (names: readonly string[]) =>
      joined(...names)
        .filter((finding) => finding.package === 'busybox')
        .map(({ severity }) => severity);
    expect(rated(['clair-web-1.0.0.json'])).toEqual(['unknown', 'unknown', 'unknown']);
    expect(rated(['clair-web-1.0.0.json', 'trivy-web-1.0.0.json'])).toEqual(['medium', 'medium', 'medium']);
  });

  it('alone has the source package’s name, as the others', () => {
    expect(joined('clair-web-1.0.1.json').map(({ id, package: name, packages }) => [id, name, packages])).toEqual([
      ['CVE-2024-13176', 'openssl', ['libcrypto3']],
      ['CVE-2024-9143', 'openssl', ['libcrypto3']],
    ]);
  });
});

describe('reports on SBOMs', () => {
  it.each(['grype-sbom-syft-cyclonedx', 'grype-sbom-syft-spdx', 'grype-sbom-syft-json'])('%s says what Grype says of the image', (name) => {
    expect(joined(`${name}-web-1.0.0.json`)).toEqual(joined('grype-web-1.0.0.json'));
  });

  it.each(['trivy-sbom-trivy-cyclonedx', 'trivy-sbom-trivy-spdx'])('%s says what Trivy says of the image, and of which', (name) => {
    expect(joined(`${name}-web-1.0.0.json`)).toEqual(joined('trivy-web-1.0.0.json'));
    expect(fixture(`${name}-web-1.0.0.json`)).toMatchObject({ image: '10.244.0.1:5000/web:1.0.0', digests: [WEB_DIGEST] });
  });

  it.each([
    ['cyclonedx', []],
    ['spdx', [WEB_DIGEST]],
    ['json', [WEB_DIGEST]],
  ])('the digest of Syft’s %s is one, or there is none', (format, digests) => {
    expect(fixture(`grype-sbom-syft-${format}-web-1.0.0.json`).digests).toEqual(digests);
  });

  it.each<[string, RegExp]>([
    ['grype-sbom-trivy-cyclonedx', /\$\.source\.target\.imageID: .*"pkg:oci\/web.*trivy sbom SBOM/],
    ['grype-sbom-trivy-spdx', /\$\.source\.target\.imageID: .*"ContainerImage-.*trivy sbom SBOM/],
    ['trivy-sbom-syft-cyclonedx', /\$\.Results\[0\]\.Packages\[1\]: .*grype sbom:SBOM/],
    ['trivy-sbom-syft-spdx', /\$\.Metadata\.OS\.Family: .*"none".*grype sbom:SBOM/],
  ])('%s, in which the scanner overlooked findings, is refused', (name, expected) => {
    expect(refusal(`${name}-web-1.0.0.json`)).toMatch(expected);
  });

  it.each<[string, RegExp]>([
    ['syft-cyclonedx', /a CycloneDX SBOM/],
    ['trivy-cyclonedx', /a CycloneDX SBOM/],
    ['syft-spdx', /an SPDX SBOM/],
    ['trivy-spdx', /an SPDX SBOM/],
    ['syft-json', /an SBOM of Syft/],
  ])('an SBOM itself (%s) is no report; it says how to make one', (name, expected) => {
    const text = refusal(`sbom-${name}-web-1.0.0.json`);
    expect(text).toMatch(expected);
    expect(text).toContain('grype sbom:SBOM --output json --file REPORT');
    expect(text).toContain('trivy sbom --format json --output REPORT SBOM');
  });
});

describe('reports on packages of languages', () => {
  const SHOP = [
    'CVE-2021-23337 lodash high 4.17.21',
    'CVE-2021-44228 org.apache.logging.log4j:log4j-core critical 2.15.0',
    'CVE-2023-45133 @babel/traverse critical 7.23.2',
    'CVE-2023-45288 golang.org/x/net medium 0.23.0',
    'CVE-2024-22195 jinja2 medium 3.1.3',
  ];
  const lines = (...names: readonly string[]) =>
    joined(...names).map(({ id, package: name, severity, fixedIn }) => `${id} ${name} ${severity} ${fixedIn.join()}`);

  it.each([
    ['grype-directory-shop.json'],
    ['grype-sbom-cyclonedx-shop.json'],
    ['trivy-sbom-cyclonedx-shop.json'],
    ['grype-directory-shop.json', 'trivy-filesystem-shop.json'],
    ['grype-sbom-cyclonedx-shop.json', 'trivy-sbom-cyclonedx-shop.json'],
  ])('%s %s find each once, by its CVE', (...names) => {
    expect(lines(...names.filter((name) => name !== undefined))).toEqual(SHOP);
  });

  it('have several results in one report, one for each file', () => {
    expect(lines('trivy-filesystem-shop.json')).toEqual(SHOP.filter((line) => !line.includes('log4j')));
  });

  it('join what each scanner knows', () => {
    expect(joined('trivy-sbom-cyclonedx-shop.json', 'grype-sbom-cyclonedx-shop.json')[1]).toMatchObject({
      id: 'CVE-2021-44228',
      aliases: ['GHSA-jfh8-c2jp-5v3q'],
      package: 'org.apache.logging.log4j:log4j-core',
      packages: ['org.apache.logging.log4j:log4j-core'],
      version: '2.14.1',
      severity: 'critical',
      fixedIn: ['2.15.0'],
      fixReleasedAt: '2021-12-10T00:00:00Z',
      publishedAt: '2021-12-10T00:00:00Z',
      exploited: true,
      kevAddedAt: '2021-12-10T00:00:00Z',
      epss: 0.94,
      scanners: ['grype', 'trivy'],
    });
  });
});
