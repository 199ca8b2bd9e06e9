import { describe, expect, it } from 'vitest';
import { releaseOf } from '../../src/lock/release.js';
import { sameEntry, type Upstream, updateEntry } from '../../src/lock/update.js';
import { digest, entry } from './support.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DAY = 86_400_000;
const LABEL = 'org.opencontainers.image.created';

describe('releaseOf', () => {
  it.each([
    {
      what: 'label',
      clues: { labels: { [LABEL]: '2026-10-01T02:00:00+02:00' }, created: '2026-11-01T00:00:00Z' },
      expected: ['2026-10-01T00:00:00Z', 'label'],
    },
    {
      what: 'annotation',
      clues: { annotations: { [LABEL]: '2026-10-01T00:00:00Z' }, created: '2026-11-01T00:00:00Z' },
      expected: ['2026-10-01T00:00:00Z', 'label'],
    },
    { what: 'configuration', clues: { created: '2026-11-01T00:00:00.123456789Z' }, expected: ['2026-11-01T00:00:00Z', 'config'] },
    {
      what: 'configuration, the label being of 1970',
      clues: { labels: { [LABEL]: '1970-01-01T00:00:00Z' }, created: '2026-11-01T00:00:00Z' },
      expected: ['2026-11-01T00:00:00Z', 'config'],
    },
    { what: 'year 1', clues: { created: '0001-01-01T00:00:00Z' }, expected: ['2026-11-20T12:00:00Z', 'firstSeen'] },
    { what: '1999', clues: { created: '1999-12-31T23:59:59Z' }, expected: ['2026-11-20T12:00:00Z', 'firstSeen'] },
    { what: '2000', clues: { created: '2000-01-01T00:00:00Z' }, expected: ['2000-01-01T00:00:00Z', 'config'] },
    { what: 'a date to come', clues: { created: '2027-01-01T00:00:00Z' }, expected: ['2026-11-20T12:00:00Z', 'firstSeen'] },
    { what: 'no date', clues: { created: 'yesterday' }, expected: ['2026-11-20T12:00:00Z', 'firstSeen'] },
    { what: 'nothing', clues: {}, expected: ['2026-11-20T12:00:00Z', 'firstSeen'] },
  ])('$what', ({ clues, expected }) => {
    const { releasedAt, releasedFrom } = releaseOf({ labels: {}, annotations: {}, ...clues }, NOW);
    expect([releasedAt, releasedFrom]).toEqual(expected);
  });
});

describe('updateEntry', () => {
  const upstream = (digit: string, more: Partial<Upstream> = {}): Upstream => ({
    tag: '1.4',
    digest: digest(digit),
    platforms: {},
    releasedAt: '2026-11-19T12:00:00Z',
    releasedFrom: 'config',
    ...more,
  });

  it('adds a first entry, whatever its age', () => {
    const update = updateEntry(undefined, upstream('a', { platforms: { 'linux/amd64': digest('b') } }), 3 * DAY, NOW);
    expect(update).toEqual({ kind: 'added', young: true, entry: { ...upstream('a'), platforms: { 'linux/amd64': digest('b') } } });
    expect(updateEntry(undefined, upstream('a'), DAY, NOW)).toMatchObject({ kind: 'added', young: false });
  });

  it.each([
    { minimumAge: 0, kind: 'moved' },
    { minimumAge: DAY, kind: 'moved' },
    { minimumAge: DAY + 1, kind: 'held' },
  ])('a day old, wanted $minimumAge ms: $kind', ({ minimumAge, kind }) => {
    const previous = entry('1.4', 'a', { promotedAt: '2026-11-11T00:00:00Z' });
    const update = updateEntry(previous, upstream('b'), minimumAge, NOW);
    expect(update.kind).toBe(kind);
    expect(update.entry).toEqual(
      kind === 'moved' ? { tag: '1.4', digest: digest('b'), releasedAt: '2026-11-19T12:00:00Z', releasedFrom: 'config' } : previous,
    );
  });

  it('remembers when it saw an image without a date, and takes it once that is long enough ago', () => {
    const previous = entry('1.4', 'a');
    const seen = upstream('b', { releasedAt: '2026-11-20T12:00:00Z', releasedFrom: 'firstSeen' });
    const first = updateEntry(previous, seen, 3 * DAY, NOW);
    expect(first).toEqual({
      kind: 'held',
      digest: digest('b'),
      readyAt: NOW + 3 * DAY,
      entry: { ...previous, held: { digest: digest('b'), firstSeenAt: '2026-11-20T12:00:00Z' } },
    });
    const later = { ...seen, releasedAt: '2026-11-22T12:00:00Z' };
    expect(updateEntry(first.entry, later, 3 * DAY, NOW + 2 * DAY)).toEqual(first);
    const last = updateEntry(first.entry, { ...seen, releasedAt: '2026-11-23T12:00:00Z' }, 3 * DAY, NOW + 3 * DAY);
    expect(last).toMatchObject({ kind: 'moved', from: digest('a') });
    expect(last.entry).toEqual({ tag: '1.4', digest: digest('b'), releasedAt: '2026-11-20T12:00:00Z', releasedFrom: 'firstSeen' });
  });

  it('forgets a held image when another one takes its place', () => {
    const previous = entry('1.4', 'a', { held: { digest: digest('b'), firstSeenAt: '2026-11-01T00:00:00Z' } });
    const same = upstream('a', { releasedAt: previous.releasedAt });
    expect(updateEntry(previous, same, DAY, NOW)).toEqual({ kind: 'same', entry: entry('1.4', 'a') });
    const other = updateEntry(previous, upstream('c', { releasedAt: '2026-11-20T12:00:00Z', releasedFrom: 'firstSeen' }), DAY, NOW);
    expect(other.entry.held).toEqual({ digest: digest('c'), firstSeenAt: '2026-11-20T12:00:00Z' });
  });

  it('keeps the release that was recorded first', () => {
    const previous = entry('1.4', 'a', {
      releasedAt: '2026-11-01T00:00:00Z',
      releasedFrom: 'firstSeen',
      promotedAt: '2026-11-02T00:00:00Z',
    });
    const update = updateEntry(previous, upstream('a', { releasedAt: '2026-11-20T12:00:00Z', releasedFrom: 'firstSeen' }), 0, NOW);
    expect(update).toEqual({ kind: 'same', entry: previous });
  });

  it.each<{ what: string; was: 'config' | 'firstSeen'; is: Partial<Upstream> }>([
    { what: 'platforms and release', was: 'config', is: { releasedFrom: 'label', platforms: { 'linux/amd64': digest('b') } } },
    { what: 'the date, where the image before had none', was: 'firstSeen', is: { releasedFrom: 'label' } },
    { what: 'that there is no date', was: 'config', is: { releasedFrom: 'firstSeen' } },
  ])('completes an entry in which an updater changed the digest: $what', ({ was, is }) => {
    const edited = entry('1.4', 'a', { platforms: { 'linux/amd64': digest('c') }, releasedFrom: was });
    const { platforms, ...fresh } = upstream('a', is);
    const expected = { ...fresh, ...(is.platforms === undefined ? {} : { platforms }) };
    expect(updateEntry(edited, upstream('a', is), 0, NOW)).toEqual({ kind: 'same', entry: expected });
  });
});

describe('sameEntry', () => {
  it('looks at every field', () => {
    const one = entry('1', 'a', { platforms: { 'linux/amd64': digest('b'), 'linux/arm64': digest('c') } });
    expect(sameEntry(one, { ...one, platforms: { 'linux/arm64': digest('c'), 'linux/amd64': digest('b') } })).toBe(true);
    const others = [
      { tag: '2' },
      { digest: digest('d') },
      { platforms: {} },
      { releasedAt: 'x' },
      { releasedFrom: 'label' as const },
      { promotedAt: 'x' },
      { held: { digest: 'x', firstSeenAt: 'y' } },
    ];
    for (const more of others) expect(sameEntry(one, { ...one, ...more })).toBe(false);
    expect(sameEntry(undefined, one)).toBe(false);
  });
});
