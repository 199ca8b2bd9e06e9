import { parseSchedule } from '../cron.js';
import type { PolicyDocument } from '../policy.js';
import { type Interval, isRecurring } from '../windows.js';
import { zoneOf } from '../zone.js';
import { YEAR } from './year.js';

const WEEK = 7 * 86_400_000;

/**
 * When each week is like the one before, within the year that checks look over: where everything goes by the days of the week,
 * from one change of clocks to the next. Nothing else is steady.
 */
export function steadyTimes({ scan, promotion, stages, timeZone }: PolicyDocument): readonly Interval[] {
  const windows = stages.flatMap((stage) => stage.windows).filter(isRecurring);
  if (![scan, promotion, ...windows].every(({ schedule }) => isWeekly(schedule))) return [];
  const zones = [...new Set([timeZone, ...windows.map((window) => window.timeZone)])].map(zoneOf);
  // Windows reach this far into what comes after they opened, and before they close.
  const before = Math.max(0, ...windows.map(({ duration }) => duration)) + WEEK;
  const after = Math.max(0, ...windows.map(({ cutoff }) => cutoff)) + WEEK;
  const edges = [YEAR.from - before - WEEK];
  for (let week = YEAR.from - before; week < YEAR.end; week += WEEK) {
    if (zones.some(({ offsetAt }) => offsetAt(week) !== offsetAt(week + WEEK))) edges.push(week);
  }
  return [...edges.slice(1), YEAR.end].flatMap((edge, i) => {
    const interval = { opens: (edges[i] ?? edge) + WEEK + before, closes: edge - after };
    return interval.opens < interval.closes ? [interval] : [];
  });
}

/** Whether a schedule goes by the days of the week alone. */
export function isWeekly(schedule: string): boolean {
  const fields = parseSchedule(schedule);
  return 'message' in fields || (fields.dayOfMonth.size === 31 && fields.month.size === 12);
}
