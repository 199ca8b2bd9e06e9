import { execFileSync } from 'node:child_process';
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
const lines = cases.map(({ zone, schedule, start }) => [zone, schedule, start, COUNT].join('\t'));
const answers = execFileSync(oracle, { input: `${lines.join('\n')}\n`, encoding: 'utf8' })
  .trimEnd()
  .split('\n');
const rows = cases.map((asked, i) => JSON.stringify({ ...asked, fires: pastOf(JSON.parse(answers[i] ?? '')) }));
const fixture = new URL('../test/policy/fixtures/cron.json', import.meta.url);
writeFileSync(fixture, `{"count": ${COUNT}, "end": "${END}", "cases": [\n${rows.join(',\n')}\n]}\n`);

function pastOf(fires: readonly string[]): readonly string[] {
  return fires.filter((fire) => fire < END);
}
