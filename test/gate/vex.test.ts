import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding, Report } from '../../src/gate/finding.js';
import { parsePurl } from '../../src/gate/purl.js';
import { readVex } from '../../src/gate/read-vex.js';
import { stateAt, verdictOf } from '../../src/gate/verdict.js';
import type { VexStatement } from '../../src/gate/vex.js';
import { isPatchwayError } from '../../src/problem.js';
import { DAY, finding, findings, gatePolicies, gatePolicy, instants, web } from './support.js';

const AS_OF = Date.UTC(2026, 10, 21, 9);
const WEB = 'sha256:f4ca163f36182c6fc3ff305e7d544b1a78ceb651ebef8a13754f389be00b1dfd';
const IMAGE = { repositories: ['10.244.0.1:5000/web'], digests: [WEB], names: ['10.244.0.1:5000/web:1.0.0'] };
const PRODUCT = `pkg:oci/web@${encodeURIComponent(WEB)}?repository_url=10.244.0.1%3A5000%2Fweb`;

const statement = (changes: object = {}) => ({
  vulnerability: { name: 'CVE-2023-4863' },
  products: [{ '@id': PRODUCT }],
  status: 'not_affected',
  justification: 'vulnerable_code_not_in_execute_path',
  ...changes,
});

const document = (statements: readonly object[], changes: object = {}) =>
  JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://acme.example/vex/1',
    author: 'Acme',
    timestamp: '2026-11-01T00:00:00Z',
    version: 1,
    statements,
    ...changes,
  });

const read = (...statements: readonly object[]) => readVex(document(statements), 'web.vex.json');
const judge = (
  vex: readonly VexStatement[],
  asOf = AS_OF,
  image: typeof IMAGE | { repositories: []; digests: readonly string[] } = IMAGE,
) => verdictOf(gatePolicy({ maxEvidenceAge: 4000 * DAY }), web('1.0.0'), { asOf, firstSeen: {} }, { image, vex });
const stateOf = (id: string, vex: readonly VexStatement[], image?: Parameters<typeof judge>[2]) => {
  const found = judge(vex, AS_OF, image).findings.find((each) => each.id === id);
  return found && stateAt(found, AS_OF);
};
const webp = (...statements: readonly object[]) => stateOf('CVE-2023-4863', read(...statements));
const within = (...subcomponents: readonly string[]) => ({
  products: [{ '@id': PRODUCT, subcomponents: subcomponents.map((id) => ({ '@id': id })) }],
});

describe('a VEX statement', () => {
  it('makes its finding ignored: listed with the reason, never failing', () => {
    const { findings: found } = judge(read(statement()));
    expect(found.find(({ id }) => id === 'CVE-2023-4863')).toMatchObject({
      deadline: '2023-09-16T00:00:00Z',
      ignored: { status: 'not_affected', reason: 'vulnerable code not in execute path', source: 'web.vex.json' },
    });
    expect(found.at(-1)?.failsAt).toBeUndefined();
    expect(judge(read(statement())).gateClosesAt).not.toBe(judge([]).gateClosesAt);
  });

  it.each<[string, object, string]>([
    ['fixed', { status: 'fixed', justification: undefined }, 'ignored'],
    ['not affected, with words alone', { justification: undefined, impact_statement: 'never decodes images' }, 'ignored'],
    ['affected', { status: 'affected', action_statement: 'update' }, 'overdue'],
    ['under investigation', { status: 'under_investigation' }, 'overdue'],
    ['another vulnerability', { vulnerability: { name: 'CVE-2024-1' } }, 'overdue'],
    ['the vulnerability by an alias', { vulnerability: { name: 'ALPINE-1', aliases: ['CVE-2023-4863'] } }, 'ignored'],
    ['no product', { products: [] }, 'overdue'],
  ])('%s', (_, changes, state) => expect(webp(statement(changes))).toBe(state));

  it.each<[string, object, string]>([
    ['repository and digest', { '@id': PRODUCT }, 'ignored'],
    ['digest alone', { '@id': `pkg:oci/web@${WEB}` }, 'ignored'],
    ['repository alone', { '@id': 'pkg:oci/web?repository_url=10.244.0.1:5000/web' }, 'ignored'],
    ['name alone', { '@id': 'pkg:oci/web' }, 'ignored'],
    ['an identifier', { '@id': 'https://acme.example/web', identifiers: { purl: PRODUCT } }, 'ignored'],
    ['a hash', { '@id': 'https://acme.example/web', hashes: { 'sha-256': WEB.slice(7) } }, 'ignored'],
    ['repository and tag', { '@id': 'pkg:oci/web?repository_url=10.244.0.1:5000/web&tag=1.0.0' }, 'ignored'],
    ['Docker name and tag', { '@id': 'pkg:docker/web@1.0.0?repository_url=10.244.0.1:5000' }, 'ignored'],
    ['what comes before its name, as Grype writes it', { '@id': 'pkg:oci/web?repository_url=10.244.0.1:5000' }, 'ignored'],
    ['another digest', { '@id': `pkg:oci/web@sha256:${'0'.repeat(64)}?repository_url=10.244.0.1:5000/web` }, 'overdue'],
    ['another repository', { '@id': `pkg:oci/web@${WEB}?repository_url=ghcr.io/acme/web` }, 'overdue'],
    ['another tag', { '@id': 'pkg:oci/web?repository_url=10.244.0.1:5000/web&tag=1.0.1' }, 'overdue'],
    ['another name', { '@id': 'pkg:oci/api' }, 'overdue'],
    ['a Docker Hub image', { '@id': 'pkg:docker/web@1.0.0' }, 'overdue'],
    ['another hash', { '@id': 'https://acme.example/web', hashes: { 'sha-256': '0'.repeat(64) } }, 'overdue'],
    ['a hash of another kind', { '@id': 'https://acme.example/web', hashes: { 'sha-512': WEB.slice(7) } }, 'overdue'],
    ['no identifier that is understood', { '@id': 'https://acme.example/web', identifiers: { cpe23: 'cpe:2.3:a:acme:web' } }, 'overdue'],
    ['the package itself, in any image', { '@id': 'pkg:apk/alpine/libwebp@1.3.0-r3' }, 'ignored'],
    ['another version of the package', { '@id': 'pkg:apk/alpine/libwebp@1.3.1-r1' }, 'overdue'],
  ])('knows its product by %s', (_, product, state) => expect(webp(statement({ products: [product] }))).toBe(state));

  it('is about an image of unknown name by its digest alone', () => {
    const [named, unnamed] = [read(statement()), read(statement({ products: [{ '@id': 'pkg:oci/web' }] }))];
    expect(stateOf('CVE-2023-4863', named, { repositories: [], digests: [WEB] })).toBe('ignored');
    expect(stateOf('CVE-2023-4863', unnamed, { repositories: [], digests: [WEB] })).toBe('overdue');
  });

  it.each<[string, readonly string[], string]>([
    ['its name', ['pkg:apk/alpine/libwebp'], 'ignored'],
    ['its version', ['pkg:apk/alpine/libwebp@1.3.0-r3'], 'ignored'],
    ['what each scanner calls its distribution', ['pkg:apk/alpine/libwebp?distro=3.19.1'], 'ignored'],
    ['another version', ['pkg:apk/alpine/libwebp@1.3.1-r1'], 'overdue'],
    ['another type', ['pkg:deb/alpine/libwebp'], 'overdue'],
    ['another namespace', ['pkg:apk/wolfi/libwebp'], 'overdue'],
    ['another distribution', ['pkg:apk/alpine/libwebp?distro=alpine-3.18.0'], 'overdue'],
    ['another name', ['pkg:apk/alpine/libjpeg'], 'overdue'],
    ['nothing that is understood', ['https://acme.example/libwebp'], 'overdue'],
    ['one of several', ['pkg:apk/alpine/libjpeg', 'pkg:apk/alpine/libwebp'], 'ignored'],
  ])('knows its subcomponent by %s', (_, ids, state) => expect(webp(statement(within(...ids)))).toBe(state));

  it('stands for all that a source package was built into', () => {
    const about = (purl: string) =>
      stateOf('CVE-2024-5535', read(statement({ vulnerability: { name: 'CVE-2024-5535' }, ...within(purl) })));
    expect(about('pkg:apk/alpine/openssl')).toBe('ignored');
    expect(about('pkg:apk/alpine/openssl@3.1.4-r5')).toBe('ignored');
    expect(about('pkg:apk/alpine/openssl@3.1.4-r4')).toBe('overdue');
    expect(about('pkg:apk/alpine/libcrypto3')).toBe('ignored');
  });

  it('must cover every package that carries the finding', () => {
    const two = finding({
      packages: ['libcrypto3', 'libssl3'],
      purls: ['pkg:apk/alpine/libcrypto3@3.1', 'pkg:apk/alpine/libssl3@3.1'],
      fixReleasedAt: '2026-01-01T00:00:00Z',
    });
    const on = (...purls: readonly string[]) => {
      const vex = read(...purls.map((purl) => statement({ vulnerability: { name: two.id }, ...within(purl) })));
      return verdictOf(gatePolicy(), [report([two])], { asOf: AS_OF, firstSeen: {} }, { image: IMAGE, vex }).verdict;
    };
    expect(on('pkg:apk/alpine/libcrypto3')).toBe('fail');
    expect(on('pkg:apk/alpine/libcrypto3', 'pkg:apk/alpine/libssl3')).toBe('pass');
    expect(on('pkg:apk/alpine/openssl')).toBe('pass');
  });

  it('does not make two CVEs of one advisory one', () => {
    const shared = finding({ id: 'CVE-2026-2', aliases: ['RHSA-1'], fixReleasedAt: '2026-01-01T00:00:00Z' });
    const on = (vulnerability: object) =>
      verdictOf(gatePolicy(), [report([shared])], { asOf: AS_OF, firstSeen: {} }, { image: IMAGE, vex: read(statement({ vulnerability })) })
        .verdict;
    expect(on({ name: 'CVE-2026-1', aliases: ['RHSA-1'] })).toBe('fail');
    expect(on({ name: 'RHSA-1' })).toBe('pass');
  });
});

describe('several statements about one thing', () => {
  const earlier = statement({ timestamp: '2026-10-01T00:00:00Z' });
  const affected = (changes: object = {}) => statement({ status: 'affected', ...changes });

  it.each<[string, readonly object[], string]>([
    ['the later takes it back', [earlier, affected()], 'overdue'],
    ['the later excuses', [affected({ timestamp: '2026-10-01T00:00:00Z' }), statement()], 'ignored'],
    ['at once, the strictest counts', [affected(), statement()], 'overdue'],
    ['a later one about another package says nothing', [earlier, affected(within('pkg:apk/alpine/zlib'))], 'ignored'],
  ])('%s, in either order', (_, statements, state) => {
    expect(webp(...statements)).toBe(state);
    expect(webp(...[...statements].reverse())).toBe(state);
  });
});

describe('a statement that is an exception', () => {
  const accepted = (until: string) => statement({ status_notes: `Accepted by Ann Lee until ${until}.`, impact_statement: 'no decoding' });

  it('holds until its end', () => {
    const [found] = judge(read(accepted('2026-12-31T00:00:00Z'))).findings.filter(({ id }) => id === 'CVE-2023-4863');
    expect(found).toMatchObject({
      failsAt: '2026-12-31T00:00:00Z',
      excepted: { approvedBy: 'Ann Lee', expires: '2026-12-31T00:00:00Z', source: 'web.vex.json' },
    });
    expect(webp(accepted('2026-11-21T09:00:00Z'))).toBe('overdue');
  });

  it('is refused where its end was spoilt', () => {
    expect(() => read(accepted('next year'))).toThrow('web.vex.json $.statements[0].status_notes: is not what was expected there');
  });
});

describe('a document that cannot be read', () => {
  it.each<[string, string, string]>([
    ['no JSON', '{', 'web.vex.json : This is not whole JSON'],
    ['a list', '[]', 'web.vex.json $: is not what was expected there (expected an object'],
    ['another format', '{"bomFormat": "CycloneDX"}', 'web.vex.json $.@context: is not what was expected there (expected a text'],
    ['another version', document([], { '@context': 'https://openvex.dev/ns' }), 'Only OpenVEX 0.2.0 is read'],
    ['no date', document([], { timestamp: undefined }), '$.timestamp: is not what was expected there (expected an instant'],
    ['no statements', document([], { statements: undefined }), '$.statements: is not what was expected there'],
    ['no vulnerability', document([statement({ vulnerability: undefined })]), '$.statements[0].vulnerability'],
    ['a vulnerability without a name', document([statement({ vulnerability: {} })]), '$.statements[0].vulnerability.name'],
    [
      'an unknown status',
      document([statement({ status: 'ok' })]),
      '$.statements[0].status: is not what was expected there (expected one of not_affected',
    ],
    ['an unknown justification', document([statement({ justification: 'trust_me' })]), '$.statements[0].justification'],
    [
      'no reason',
      document([statement(), statement({ justification: undefined })]),
      '$.statements[1].justification: is not what was expected there (expected a justification or an impact_statement, received nothing) Say why',
    ],
    [
      'products that are no list',
      document([statement({ products: {} })]),
      '$.statements[0].products: is not what was expected there (expected a list',
    ],
  ])('%s', (_, text, message) => {
    const refusal = (() => {
      try {
        return readVex(text, 'web.vex.json');
      } catch (error) {
        return isPatchwayError(error) ? `${error.exitCode} ${error.message}` : error;
      }
    })();
    expect(refusal).toContain(message.replace('web.vex.json :', 'web.vex.json'));
    expect(refusal).toMatch(/^65 web\.vex\.json/);
  });
});

it('a document that was cut short or changed anywhere is read, or refused with its file', () => {
  const whole = document([
    statement(within('pkg:apk/alpine/libwebp')),
    statement({ status_notes: 'Accepted by Ann until 2027-01-31T00:00:00Z.' }),
  ]);
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.nat(40),
      fc.constantFrom('', '{}', '[]', 'null', '0', '"x"', '"', '%zz'),
      (from, length, instead) => {
        const text = whole.slice(0, from) + instead + whole.slice(from + length);
        try {
          expect(Array.isArray(readVex(text, 'web.vex.json'))).toBe(true);
        } catch (error) {
          if (!isPatchwayError(error)) throw error;
          expect(error.message).toMatch(/^web\.vex\.json: /);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

it.each([
  [
    'pkg:apk/alpine/libwebp@1.3.0-r3?arch=x86_64',
    { type: 'apk', namespace: 'alpine', name: 'libwebp', version: '1.3.0-r3', qualifiers: { arch: 'x86_64' } },
  ],
  ['pkg:npm/%40acme/web@1.0.0', { type: 'npm', namespace: '@acme', name: 'web', version: '1.0.0', qualifiers: {} }],
  ['pkg:npm/@acme/web', { type: 'npm', namespace: '@acme', name: 'web', qualifiers: {} }],
  ['pkg:golang/github.com/a/b@v1#sub', { type: 'golang', namespace: 'github.com/a', name: 'b', version: 'v1', qualifiers: {} }],
  [
    'pkg:OCI/web@sha256%3Aab?repository_url=ghcr.io%2Fweb',
    { type: 'oci', namespace: '', name: 'web', version: 'sha256:ab', qualifiers: { repository_url: 'ghcr.io/web' } },
  ],
  ['https://acme.example/web', undefined],
  ['pkg:apk', undefined],
])('%s is taken apart', (text, purl) => expect(parsePurl(text)).toEqual(purl));

function report(list: readonly Finding[]): Report {
  return { scanner: 'trivy', digests: [], repositories: [], findings: list };
}

describe('VEX, for all findings and policies', () => {
  const vexes = fc.array(
    fc
      .record({
        name: fc.constantFrom('CVE-1', 'CVE-2', 'GHSA-1', 'RHSA-1'),
        status: fc.constantFrom('not_affected', 'fixed', 'affected', 'under_investigation'),
        subcomponent: fc.constantFrom(undefined, 'pkg:apk/alpine/openssl', 'pkg:apk/alpine/curl'),
        timestamp: fc.constantFrom('2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'),
      })
      .map(({ name, subcomponent, ...rest }) =>
        statement({ vulnerability: { name }, ...rest, ...(subcomponent === undefined ? {} : within(subcomponent)) }),
      ),
    { maxLength: 5 },
  );
  const verdict = (gate: ReturnType<typeof gatePolicy>, list: readonly Finding[], asOf: number, vex: readonly VexStatement[]) =>
    verdictOf(gate, [report(list)], { asOf, firstSeen: {} }, { image: IMAGE, vex });

  it('documents never close a gate, whatever their order, and a later instant never opens one', () => {
    fc.assert(
      fc.property(gatePolicies, findings, instants, fc.nat(800 * DAY), vexes, (gate, list, asOf, later, given) => {
        const vex = read(...given);
        const expected = verdict(gate, list, asOf, vex);
        expect(verdict(gate, list, asOf, [...vex].reverse())).toEqual(expected);
        if (verdict(gate, list, asOf, []).allowed) expect(expected.allowed).toBe(true);
        if (!expected.allowed) expect(verdict(gate, list, asOf + later, vex).allowed).toBe(false);
        expect(expected.findings.length).toBe(verdict(gate, list, asOf, []).findings.length);
      }),
      { numRuns: 300 },
    );
  });
});
