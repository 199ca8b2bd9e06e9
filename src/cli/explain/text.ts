import { formatDuration } from '../../policy/duration.js';
import { localText } from '../local-time.js';
import type { Calendar, StageCalendar } from './calendar.js';

/** So many scans are listed; of more, the first ones. */
const LISTED = 14;

/** The way of images, scans and windows for a person, in the policy's time zone with its offsets. */
export function calendarText(calendar: Calendar): string {
  const { from, to, timeZone, stages } = calendar;
  const at = (instant: number) => localText(instant, timeZone);
  return [
    'How an image passes the stages',
    ...stages.flatMap(({ name, way }) => [`  ${name}`, ...way.map((step) => `    ${step}`)]),
    '',
    `From ${at(from)} to ${at(to)}, in ${timeZone}`,
    '',
    ...scansText(calendar, at),
    ...stages.flatMap((stage) => ['', ...stageText(stage, at)]),
    '',
  ].join('\n');
}

type At = (instant: number) => string;

function scansText({ scans, schedule }: Calendar, at: At): readonly string[] {
  const [first, last] = [scans.slice(0, scans.length > LISTED ? LISTED - 2 : LISTED), scans.at(-1)];
  const rest = scans.length - first.length;
  return [
    `Scans (${schedule})${scans.length === 0 ? ': none in this time' : ''}`,
    ...first.map((scan) => `  ${at(scan)}`),
    ...(rest === 0 || last === undefined ? [] : [`  and ${rest} more, the last at ${at(last)}`]),
  ];
}

function stageText({ name, always, open, denied }: StageCalendar, at: At): readonly string[] {
  if (always) return [`Windows of ${name}: always open`];
  const line = (word: string, opens: number, closes: number) =>
    `  ${word} ${at(opens)} to ${at(closes)} (${formatDuration(closes - opens)})`;
  return [
    `Windows of ${name}${open.length === 0 ? ': closed all this time' : ''}`,
    ...[...open.map((each) => ({ ...each, word: 'open  ' })), ...denied.map((each) => ({ ...each, word: 'denied' }))]
      .sort((a, b) => a.opens - b.opens)
      .map(({ word, opens, closes }) => line(word, opens, closes)),
  ];
}
