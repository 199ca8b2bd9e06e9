import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFirstSeen, encodeFirstSeen, firstSeenOf, mergeFirstSeen } from '../../src/gate/first-seen.js';
import { joinFindings } from '../../src/gate/join.js';
import { DAY, finding, findings, instants, web } from './support.js';

const AT = Date.UTC(2026, 10, 21);
const KEY = 'CVE-2026-0001 openssl';
/** A finding's entries: its source package and each binary one. */
const keys = (dates: string) => ({ [KEY]: dates, 'CVE-2026-0001 libcrypto3': dates });

describe('mergeFirstSeen', () => {
  it('dates what is new, and keeps the first date of what is known', () => {
    const first = mergeFirstSeen({}, [finding()], AT);
    expect(first).toEqual(keys('2026-11-21T00:00:00Z/2026-11-21T00:00:00Z'));
    expect(mergeFirstSeen(first, [finding()], AT + DAY)).toEqual(keys('2026-11-21T00:00:00Z/2026-11-22T00:00:00Z'));
  });

  it('keeps what is gone for 90 days, so that it comes back with its first date', () => {
    const first = mergeFirstSeen(mergeFirstSeen({}, [finding()], AT), [finding()], AT + DAY);
    const last = AT + DAY + 90 * DAY;
    expect(mergeFirstSeen(first, [], last)).toEqual(first);
    expect(firstSeenOf(mergeFirstSeen(first, [finding()], last), finding())).toBe('2026-11-21T00:00:00Z');
    expect(mergeFirstSeen(first, [], last + 1)).toEqual({});
  });

  it('keeps an entry without a last time for 90 days from now', () => {
    const old = { [KEY]: '2020-01-01T00:00:00Z' };
    expect(mergeFirstSeen(old, [], AT)).toEqual({ [KEY]: '2020-01-01T00:00:00Z/2026-11-21T00:00:00Z' });
  });

  it('survives a change of scanners in both directions, for the real findings of web:1.0.0', () => {
    const [trivy, grype] = web('1.0.0').map(({ findings: found }) => joinFindings([{ findings: found }]));
    const binaryOnly = grype!.map((one) => ({ ...one, package: one.packages[0]!, packages: one.packages.slice(0, 1) }));
    for (const [before, after] of [
      [trivy, grype],
      [grype, trivy],
      [grype, binaryOnly],
      [binaryOnly, trivy],
    ]) {
      const store = mergeFirstSeen({}, before!, AT);
      const both = new Set(before!.map(({ id }) => id));
      const found = after!.filter(({ id }) => both.has(id));
      expect(found.length).toBeGreaterThan(4);
      const later = mergeFirstSeen(store, after!, AT + DAY);
      for (const one of found) expect([one.id, firstSeenOf(later, one)]).toEqual([one.id, '2026-11-21T00:00:00Z']);
    }
  });

  it('survives a rebuild that brings another version, and dates what is new in it apart', () => {
    const store = mergeFirstSeen({}, [finding()], AT);
    const rebuilt = [finding({ version: '3.1.5-r0' }), finding({ id: 'CVE-2026-0002', version: '3.1.5-r0' })];
    const later = mergeFirstSeen(store, rebuilt, AT + DAY);
    expect(rebuilt.map((one) => firstSeenOf(later, one))).toEqual(['2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z']);
  });

  it('survives a change of names: another scanner, a CVE that was a GHSA', () => {
    const store = mergeFirstSeen({}, [finding({ id: 'GHSA-1', package: 'libcrypto3' })], AT);
    const renamed = mergeFirstSeen(store, [finding({ aliases: ['GHSA-1'] })], AT + DAY);
    expect(renamed[KEY]).toBe('2026-11-21T00:00:00Z/2026-11-22T00:00:00Z');
  });

  it('takes a scan that is stored late: the first date moves back, the last does not', () => {
    const store = mergeFirstSeen({}, [finding()], AT);
    expect(mergeFirstSeen(store, [finding()], AT - DAY)).toEqual(keys('2026-11-20T00:00:00Z/2026-11-21T00:00:00Z'));
  });

  it('never makes a finding younger, for all findings and instants', () => {
    fc.assert(
      fc.property(findings, findings, instants, fc.nat(90 * DAY), (before, after, at, later) => {
        const store = mergeFirstSeen({}, before, at);
        const next = mergeFirstSeen(store, after, at + later);
        for (const one of before) expect(firstSeenOf(next, one)).toBe(firstSeenOf(store, one));
        for (const one of after) expect(firstSeenOf(next, one)).toBeDefined();
      }),
    );
  });
});

describe('encodeFirstSeen', () => {
  const store = { 'CVE-2 b': '2026-01-01T00:00:00Z/2026-01-02T00:00:00Z', 'CVE-1 a': '2026-01-01T00:00:00Z' };

  it('gives the same bytes for the same store, whatever the order of its keys and the machine', () => {
    const encoded = encodeFirstSeen(store);
    expect(encodeFirstSeen(Object.fromEntries(Object.entries(store).reverse()))).toBe(encoded);
    expect([...Buffer.from(encoded, 'base64').subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
  });

  it('is read back', () => {
    expect(decodeFirstSeen(encodeFirstSeen(store))).toEqual(store);
    expect(decodeFirstSeen(undefined)).toEqual({});
    expect(decodeFirstSeen('')).toEqual({});
  });

  it('fits ten thousand findings into a quarter of a ConfigMap', () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `CVE-2026-${(index * 7919) % 100_000} package-${index % 300}`,
        `${new Date(AT - index * 60_000).toISOString()}/${new Date(AT).toISOString()}`,
      ]),
    );
    expect(Buffer.from(encodeFirstSeen(many), 'base64').length).toBeLessThan(262_144);
  });
});

describe('decodeFirstSeen refuses', () => {
  const packed = (value: unknown) => gzipSync(JSON.stringify(value)).toString('base64');

  it.each([
    ['what is not gzip', Buffer.from('hello').toString('base64')],
    ['half of it', encodeFirstSeen({ [KEY]: '2026-01-01T00:00:00Z' }).slice(0, 40)],
    ['a list', packed([])],
    ['an entry without a date', packed({ [KEY]: 'yesterday' })],
    ['an entry that is no text', packed({ [KEY]: 3 })],
  ])('%s', (_, base64) => {
    expect(() => decodeFirstSeen(base64, 'ConfigMap e')).toThrow(/^ConfigMap e: 1 problem\n.*cannot be read.*delete this key/);
  });
});
