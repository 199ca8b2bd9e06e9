import { expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/policy/duration.js';
import { suggest } from '../../src/policy/suggest.js';

it.each([
  ['0s', 0],
  ['90s', 90_000],
  ['10m', 600_000],
  ['48h', 172_800_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
  ['-5h', undefined],
  ['1e3h', undefined],
  ['1.5h', undefined],
  ['5', undefined],
  ['5 h', undefined],
  ['5y', undefined],
  ['523w', undefined],
])('%s lasts %s milliseconds', (text, length) => expect(parseDuration(text)).toBe(length));

it.each([
  [0, '0s'],
  [250, '250ms'],
  [90_000, '1m 30s'],
  [600_000, '10m'],
  [86_400_000, '24h'],
  [172_800_000, '48h'],
  [604_800_000, '7d'],
  [275_400_000, '3d 4h 30m'],
  [-600_000, '-10m'],
])('%s milliseconds are %s', (length, text) => expect(formatDuration(length)).toBe(text));

it.each([
  ['stagin', 'staging'],
  ['stagign', 'staging'],
  ['prod', undefined],
  ['x', undefined],
])('%s means %s', (name, meant) => expect(suggest(name, ['staging', 'production', 'y'])).toBe(meant));
