import { describe, expect, it } from 'vitest';
import { endOfDay } from '../../src/policy/zone.js';

describe('endOfDay', () => {
  it.each([
    ['UTC', '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'],
    ['UTC', '2026-11-01T23:59:59Z', '2026-11-02T00:00:00Z'],
    ['Europe/Berlin', '2026-11-01T22:59:59Z', '2026-11-01T23:00:00Z'],
    ['Europe/Berlin', '2026-11-01T23:00:00Z', '2026-11-02T23:00:00Z'],
    ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T23:00:00Z'],
    ['Europe/Berlin', '2026-03-28T23:30:00Z', '2026-03-29T22:00:00Z'],
    ['Asia/Kolkata', '2026-06-30T18:29:59Z', '2026-06-30T18:30:00Z'],
    ['America/New_York', '2026-11-01T03:59:00Z', '2026-11-01T04:00:00Z'],
    ['Pacific/Auckland', '2026-01-15T12:00:00Z', '2026-01-16T11:00:00Z'],
    // Clocks go from 00:00 to 01:00, and from 24:00 back to 23:00.
    ['Asia/Beirut', '2026-03-28T12:00:00Z', '2026-03-28T22:00:00Z'],
    ['Asia/Beirut', '2026-10-24T20:30:00Z', '2026-10-24T22:00:00Z'],
    // The day after the 29th was the 31st.
    ['Pacific/Apia', '2011-12-29T20:00:00Z', '2011-12-30T10:00:00Z'],
  ])('in %s of %s is %s', (zone, at, end) => {
    expect(new Date(endOfDay(Date.parse(at), zone)).toISOString().replace('.000Z', 'Z')).toBe(end);
  });
});
