import { formatDuration } from '../../policy/duration.js';
import { localText } from '../local-time.js';
import { escaped, page, table } from '../page.js';
import type { Calendar, StageCalendar } from './calendar.js';
import { calendarSvg } from './svg.js';

/** The calendar as a page of its own: the picture, the same times as tables, and how long findings may stay. */
export function calendarHtml(calendar: Calendar, gate: string): string {
  const { policy, timeZone, schedule, stages, scans } = calendar;
  const ways = table(
    'Every image goes this way.',
    ['stage', 'namespace', 'how an image comes here'],
    stages.map(({ name, namespace, way }) => [name, namespace, way.join(', ')]),
  );
  return page(`Patch policy ${policy}`, [
    `<h1>Patch policy ${escaped(policy)}</h1>`,
    `<p class="muted">Scans on the schedule ${escaped(schedule)}: ${scans.length} in the time shown. All times in ${escaped(timeZone)}.</p>`,
    '<h2>Calendar</h2>',
    calendarSvg(calendar),
    '<h2>Stages</h2>',
    ways,
    '<h2>Windows</h2>',
    ...stages.map((stage) => windowsOf(stage, timeZone)),
    '<h2>Deadlines</h2>',
    `<pre>${escaped(gate)}</pre>`,
  ]);
}

function windowsOf({ name, always, open, denied }: StageCalendar, timeZone: string): string {
  if (always) return `<p>${escaped(name)} has no windows: it is always open.</p>`;
  const rows = [...open.map((each) => ({ ...each, what: 'open' })), ...denied.map((each) => ({ ...each, what: 'denied' }))]
    .sort((a, b) => a.opens - b.opens)
    .map(({ what, opens, closes }) => [what, localText(opens, timeZone), localText(closes, timeZone), formatDuration(closes - opens)]);
  return table(`${name}: ${open.length === 0 ? 'closed all this time' : 'when rollouts may run'}`, ['', 'from', 'to', 'for'], rows);
}
