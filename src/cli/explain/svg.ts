import type { Interval } from '../../policy/windows.js';
import { localText, weekdayOf } from '../local-time.js';
import { escaped } from '../page.js';
import type { Calendar, StageCalendar } from './calendar.js';
import { type Day, daysBetween, type Piece } from './days.js';

const LEFT = 120;
const RIGHT = 176;
const HOUR_WIDTH = 27;
const ROW = 18;
const HEAD = 96;
const STAGE_HEAD = 44;
const STAGE_GAP = 18;
const WIDTH = LEFT + 24 * HOUR_WIDTH + RIGHT;
const HOUR = 3_600_000;

/**
 * A calendar as one picture without scripts or anything from outside: per stage a row a day and a column an hour, as the
 * clocks of the policy's time zone show it.
 */
export function calendarSvg(calendar: Calendar): string {
  const { policy, timeZone, from, to, stages } = calendar;
  const days = daysBetween(from, to, timeZone);
  const height = HEAD + stages.length * (STAGE_HEAD + days.length * ROW + STAGE_GAP);
  const title = `When ${policy} may roll out`;
  const span = `${localText(from, timeZone)} to ${localText(to, timeZone)}, clocks of ${timeZone}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="calendar-title calendar-desc">`,
    `<title id="calendar-title">${escaped(title)}</title>`,
    `<desc id="calendar-desc">${escaped(`${span}. ${stages.map(sentence).join(' ')}`)}</desc>`,
    STYLE,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(16, 28, title, 'h1'),
    text(16, 48, span),
    ...legend(),
    ...stages.flatMap((stage, i) => stageRows(stage, calendar, days, HEAD + i * (STAGE_HEAD + days.length * ROW + STAGE_GAP))),
    '</svg>\n',
  ].join('\n');
}

const STYLE = [
  '<style>',
  'text{font:12px system-ui,sans-serif;fill:#1f2328}.h1{font-size:17px;font-weight:600}.h2{font-size:14px;font-weight:600}.small{font-size:10.5px;fill:#57606a}.end{text-anchor:end}.middle{text-anchor:middle}',
  '.closed{fill:#eceff2}.open{fill:#2c7a4b}.denied{fill:url(#hatch)}.gone{fill:#fff;stroke:#8c959f;stroke-dasharray:2 2}.scan{fill:#0b3d91;stroke:#fff;stroke-width:1}.grid{stroke:#fff;stroke-width:1}.change{stroke:#fff;stroke-width:1.5}',
  '</style>',
  '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#f6d5d0"/><rect width="2" height="6" fill="#a4262c"/></pattern></defs>',
].join('\n');

function sentence({ name, always, open, denied }: StageCalendar): string {
  if (always) return `${name}: always open.`;
  return `${name}: open ${times(open.length)}, denied ${times(denied.length)}.`;
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

function legend(): readonly string[] {
  const items: readonly [string, string][] = [
    ['open', 'rollouts may run'],
    ['closed', 'outside windows'],
    ['denied', 'denied'],
  ];
  const boxes = items.flatMap(([kind, words], i) => [
    `<rect class="${kind}" x="${16 + i * 140}" y="62" width="22" height="12"/>`,
    text(44 + i * 140, 72, words),
  ]);
  const x = 16 + items.length * 140;
  return [...boxes, `<rect class="scan" x="${x + 8}" y="60" width="4" height="16"/>`, text(x + 22, 72, 'a scan starts')];
}

function stageRows(stage: StageCalendar, calendar: Calendar, days: readonly Day[], top: number): readonly string[] {
  const grid = top + STAGE_HEAD;
  const hours = Array.from({ length: 9 }, (_, i) => i * 3);
  return [
    text(16, top + 18, stage.name, 'h2'),
    text(LEFT, top + 18, stage.always ? 'no windows: always open' : stage.open.length === 0 ? 'closed all this time' : ''),
    ...hours.map((hour) => text(LEFT + hour * HOUR_WIDTH, grid - 6, `${String(hour).padStart(2, '0')}:00`, 'small middle')),
    ...days.flatMap((day, row) => dayRow(stage, calendar, day, grid + row * ROW)),
  ];
}

function dayRow({ name, open, denied }: StageCalendar, { scans, timeZone, from, to }: Calendar, day: Day, y: number): readonly string[] {
  const bars = (kind: string, intervals: readonly Interval[]) =>
    day.pieces.flatMap((piece) =>
      intervals.flatMap((interval) => {
        const [begin, end] = [Math.max(piece.from, interval.opens), Math.min(piece.to, interval.closes)];
        if (begin >= end) return [];
        const told = `${name} ${kind}: ${localText(interval.opens, timeZone)} to ${localText(interval.closes, timeZone)}`;
        return [bar(kind, piece, begin, end, y, kind === 'closed' ? undefined : told)];
      }),
    );
  const ticks = day.pieces.flatMap((piece) =>
    scans
      .filter((scan) => piece.from <= scan && scan < piece.to)
      .map((scan) => {
        const { top, height } = lane(piece, y);
        return `<rect class="scan" x="${round(x(piece, scan) - 2)}" y="${top}" width="4" height="${height}"><title>scan: ${escaped(localText(scan, timeZone))}</title></rect>`;
      }),
  );
  return [
    text(16, y + 13, `${weekdayOf(day.date)} ${day.date}`),
    ...bars('closed', [{ opens: from, closes: to }]),
    ...bars('open', open),
    ...bars('denied', denied),
    `<path class="grid" d="${Array.from({ length: 23 }, (_, i) => `M${LEFT + (i + 1) * HOUR_WIDTH} ${y + 1}v${ROW - 3}`).join('')}"/>`,
    ...change(day, y),
    ...ticks,
  ];
}

/** What is said of a day on which the clocks change: which hours do not come, or come twice. */
function change({ pieces }: Day, y: number): readonly string[] {
  return pieces.slice(1).flatMap((piece, i) => {
    const before = pieces[i];
    if (before === undefined) return [];
    const reached = before.hour + (before.to - before.from) / HOUR;
    const [left, right] = [LEFT + reached * HOUR_WIDTH, LEFT + piece.hour * HOUR_WIDTH];
    if (piece.hour === reached) return [];
    const [low, high] = [Math.min(reached, piece.hour), Math.max(reached, piece.hour)];
    const told = (what: string) => text(LEFT + 24 * HOUR_WIDTH + 8, y + 13, `${clockOf(low)} to ${clockOf(high)} ${what}`, 'small');
    if (piece.hour < reached)
      return [told('comes twice'), `<path class="change" d="M${round(right)} ${y + ROW / 2 - 0.5}h${round(left - right)}"/>`];
    return [
      told('is left out'),
      `<rect class="gone" x="${round(left)}" y="${y + 1.5}" width="${round(right - left)}" height="${ROW - 4}"/>`,
    ];
  });
}

function clockOf(hour: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(hour))}:${two(Math.round((hour % 1) * 60))}`;
}

function bar(kind: string, piece: Piece, from: number, to: number, y: number, told: string | undefined): string {
  const { top, height } = lane(piece, y);
  const [left, right] = [x(piece, from), x(piece, to)];
  const box = `<rect class="${kind}" x="${round(left)}" y="${top}" width="${round(right - left)}" height="${height}"`;
  return told === undefined ? `${box}/>` : `${box}><title>${escaped(told)}</title></rect>`;
}

/** Hours that come twice share their column: the first time above, the second below. */
function lane({ pass }: Piece, y: number): { readonly top: number; readonly height: number } {
  const height = ROW - 3;
  if (pass === undefined) return { top: y + 1, height };
  return { top: pass === 'first' ? y + 1 : y + 1 + height / 2, height: height / 2 };
}

function x({ from, hour }: Piece, at: number): number {
  return LEFT + (hour + (at - from) / HOUR) * HOUR_WIDTH;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function text(left: number, baseline: number, words: string, kind?: string): string {
  return `<text x="${left}" y="${baseline}"${kind === undefined ? '' : ` class="${kind}"`}>${escaped(words)}</text>`;
}
