const DAY = 86_400_000;
const from = Date.UTC(2026, 0, 1);

/**
 * The year that checks look over (epoch milliseconds), always the same one, so that a policy is judged alike whenever it is read.
 * What begins in it is followed to `end`.
 */
export const YEAR = { from, to: from + 366 * DAY, end: from + 732 * DAY } as const;
