import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

/*
 * What the CronJob controller's own library says, as the fixture of a test. Takes the path of a program that reads lines of
 * "zone<TAB>schedule<TAB>start<TAB>count" and answers each with a JSON list of instants.
 */
const [oracle] = process.argv.slice(2);
if (oracle === undefined) throw new Error('Name the program that asks the library.');

/**
 * Each with instants shortly before its clocks change, where they do. All in the past: what clocks will do is decided by
 * governments at short notice, and every runtime's data has another age.
 */
const ZONES: Readonly<Record<string, readonly string[]>> = {
  UTC: ['2023-12-30T23:59:30Z'],
  'Europe/Berlin': ['2024-03-29T12:00:00Z', '2024-10-25T12:00:00Z', '2024-10-27T00:30:00Z'],
  'America/New_York': ['2024-03-09T01:00:00Z', '2024-11-02T06:30:00Z', '2024-11-03T05:15:00Z'],
  'Australia/Lord_Howe': ['2024-04-05T10:00:00Z', '2024-04-06T15:10:00Z', '2024-10-04T10:00:00Z'],
  'Africa/Casablanca': ['2024-03-08T10:00:00Z', '2024-04-12T10:00:00Z'],
  'Asia/Kolkata': ['2024-06-30T18:00:00Z'],
  'America/Sao_Paulo': ['2018-11-02T12:00:00Z', '2018-02-16T12:00:00Z', '2024-01-01T00:00:00Z'],
  'Pacific/Apia': ['2012-04-04T12:00:00Z', '2024-01-01T00:00:00Z'],
  'America/Havana': ['2024-03-08T12:00:00Z', '2024-11-01T12:00:00Z'],
  'Asia/Beirut': ['2024-03-29T12:00:00Z', '2024-10-25T12:00:00Z'],
};

const SCHEDULES = [
  '*/10 * * * *',
  '17 3 * * *',
  '30 2 * * *',
  '15 2 * * *',
  '45 1 * * *',
  '0 0 * * *',
  '30 0 * * 0',
  '0 12 * * SUN',
  '0 22 * * 1-4',
  '5/20 0-3 * * 6,0',
  '0 4 13 * 5',
  '0 4 */2 * 5',
  '0 1 1 jan-jun ?',
  '0 0 29 2 *',
  '0 0 30 2 *',
  '@weekly',
  '@hourly',
];

const COUNT = 8;
const END = '2026-01-01T00:00:00Z';
const cases = Object.entries(ZONES).flatMap(([zone, starts]) =>
  starts.flatMap((start) => SCHEDULES.map((schedule) => ({ zone, schedule, start }))),
);
const answers = ask(cases.map(({ zone, schedule, start }) => [zone, schedule, start, COUNT]));
const rows = cases.map((asked, i) => JSON.stringify({ ...asked, fires: pastOf(answers[i] ?? []) }));
const fixture = new URL('../test/policy/fixtures/cron.json', import.meta.url);
writeFileSync(fixture, `{"count": ${COUNT}, "end": "${END}", "cases": [\n${rows.join(',\n')}\n]}\n`);

/** Every fire of ten years, as one hash a year: a difference names zone, schedule and year, and the fixture stays small. */
const YEARS = Array.from({ length: 10 }, (_, i) => String(2015 + i));
const ZONES_OF_YEARS = [
  ...Object.keys(ZONES),
  'America/Los_Angeles',
  'America/St_Johns',
  'America/Santiago',
  'America/Asuncion',
  'America/Scoresbysund',
  'Atlantic/Azores',
  'Europe/London',
  'Europe/Dublin',
  'Europe/Istanbul',
  'Africa/Cairo',
  'Asia/Tehran',
  'Asia/Kathmandu',
  'Asia/Tokyo',
  'Australia/Sydney',
  'Pacific/Auckland',
  'Pacific/Chatham',
];
const SCHEDULES_OF_YEARS = ['30 2 * * *', '0 0 * * *', '30 1 * * SUN', '0 4 13 * 5', '15 0 1,15 * MON', '*/30 0-3 * 3,4,9-11 *'];
const asked = ZONES_OF_YEARS.flatMap((zone) => SCHEDULES_OF_YEARS.map((schedule) => ({ zone, schedule })));
const years = ask(asked.map(({ zone, schedule }) => [zone, schedule, `${Number(YEARS[0]) - 1}-12-31T23:59:59Z`, 20_000])).map((fires, i) =>
  JSON.stringify({ ...asked[i], years: YEARS.map((year) => yearHash(fires.filter((fire) => fire.startsWith(year)))) }),
);
const yearsFixture = new URL('../test/policy/fixtures/cron-years.json', import.meta.url);
writeFileSync(yearsFixture, `{"years": ${JSON.stringify(YEARS)}, "cases": [\n${years.join(',\n')}\n]}\n`);

function ask(lines: readonly (readonly (string | number)[])[]): readonly (readonly string[])[] {
  const input = `${lines.map((line) => line.join('\t')).join('\n')}\n`;
  const answer = execFileSync(String(oracle), { input, encoding: 'utf8', maxBuffer: 2 ** 30 });
  return answer
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function yearHash(fires: readonly string[]): string {
  return createHash('sha256').update(fires.join(' ')).digest('hex').slice(0, 12);
}

function pastOf(fires: readonly string[]): readonly string[] {
  return fires.filter((fire) => fire < END);
}
