import { nextFires } from '../schedule.js';
import { isRecurring } from '../windows.js';
import { type Check, error, writtenWindows } from './check.js';
import { YEAR } from './year.js';

/** A schedule such as 30 February never comes. */
export const schedulesFire: Check = (draft) => {
  const { scan, promotion, timeZone } = draft.document;
  return [
    { path: 'scan.schedule', schedule: scan.schedule, zone: timeZone },
    { path: 'promotion.schedule', schedule: promotion.schedule, zone: timeZone },
    ...writtenWindows(draft).flatMap(({ path, window }) =>
      isRecurring(window) ? [{ path: `${path}.schedule`, schedule: window.schedule, zone: window.timeZone }] : [],
    ),
  ]
    .filter(({ path, schedule, zone }) => draft.intact(path) && nextFires(schedule, zone, YEAR.from, 1).length === 0)
    .map(({ path, schedule }) => error(path, `'${schedule}' never comes.`, 'Check the day of the month against the month.'));
};
