import type { LockEntry } from '../../src/lock/lock.js';

/** A digest of one repeated hex digit. */
export const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

export const entry = (tag: string, digit: string, more: Partial<LockEntry> = {}): LockEntry => ({
  tag,
  digest: digest(digit),
  releasedAt: '2026-11-10T09:00:00Z',
  releasedFrom: 'config',
  ...more,
});
