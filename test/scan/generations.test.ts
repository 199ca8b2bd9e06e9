import { describe, expect, it } from 'vitest';
import { generationName, newestGeneration, unfinished, unusedGenerations } from '../../src/scan/generations.js';
import { DAY, HOUR, MINUTE } from './fixture.js';

const NOON = Date.parse('2026-11-20T12:00:00Z');
const LIFE = 18 * MINUTE;
const made = (before: number, pod = 'pod') => generationName(NOON - before, pod);

describe('generations of a database', () => {
  it('have names that sort by time and hold no colon', () => {
    expect(generationName(NOON, 'databases-1-abcde')).toBe('20261120T120000Z-databases-1-abcde');
    expect([made(0), made(DAY), made(HOUR), made(400 * DAY)].sort()).toEqual([made(400 * DAY), made(DAY), made(HOUR), made(0)]);
  });

  it.each([
    ['none where nothing is there', [], undefined],
    ['the one', [made(DAY)], made(DAY)],
    ['the newest, however they are listed', [made(HOUR), made(DAY), made(2 * DAY)], made(HOUR)],
    ['none that is unfinished, or something else', [unfinished(made(0)), 'lost+found', made(HOUR), 'zzz'], made(HOUR)],
  ])('the newest is %s', (_name, entries, expected) => {
    expect(newestGeneration(entries)).toBe(expected);
  });

  it.each([
    ['the newest, however old it is', [made(30 * DAY)], []],
    ['what was replaced a moment ago, as somebody may be reading it', [made(DAY), made(MINUTE)], []],
    ['what was replaced exactly as long ago as a reader may live', [made(DAY), made(LIFE)], []],
    ['not what was replaced longer ago', [made(DAY), made(LIFE + MINUTE)], [made(DAY)]],
    ['not what was replaced twice', [made(3 * DAY), made(2 * DAY), made(DAY)], [made(3 * DAY), made(2 * DAY)]],
    ['what another writer is at', [made(DAY), unfinished(made(HOUR))], []],
    ['not what a writer abandoned', [made(HOUR), unfinished(made(DAY + MINUTE))], [unfinished(made(DAY + MINUTE))]],
    ['what is not Patchway’s', ['lost+found', '.snapshot', 'notes.txt', made(HOUR)], []],
  ])('keeps %s', (_name, entries, unused) => {
    expect(unusedGenerations(entries, NOON, LIFE)).toEqual(unused);
  });
});
