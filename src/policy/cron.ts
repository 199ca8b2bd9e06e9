/** What a schedule says, field by field, as Kubernetes' CronJob controller reads it. */
export interface CronFields {
  readonly minute: ReadonlySet<number>;
  readonly hour: ReadonlySet<number>;
  readonly dayOfMonth: ReadonlySet<number>;
  readonly month: ReadonlySet<number>;
  readonly dayOfWeek: ReadonlySet<number>;
  /** Both day fields are restricted: a day matches either, not both. */
  readonly eitherDay: boolean;
}

/** Why a schedule cannot be read, and what to write instead. */
export interface ScheduleFault {
  readonly message: string;
  readonly hint: string;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const FIELDS = [
  { name: 'minute', min: 0, max: 59, names: [] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of month', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { name: 'day of week', min: 0, max: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
] as const satisfies readonly Field[];

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/**
 * Reads five-field cron or a macro such as `@daily`. Accepts what Kubernetes accepts where a CronJob names its time zone:
 * no `TZ=` prefix; and no `@every`, which depends on when the CronJob was made.
 */
export function parseSchedule(schedule: string): CronFields | ScheduleFault {
  const text = schedule.trim();
  if (/^(CRON_)?TZ=/.test(text)) return fault('A schedule names no time zone.', 'Set timeZone instead of a TZ= prefix.');
  if (text.startsWith('@every')) return fault('@every depends on when it starts.', "Write fixed times, such as '*/10 * * * *'.");
  if (text.startsWith('@') && MACROS[text] === undefined) {
    return fault('There is no such macro.', `Use one of ${Object.keys(MACROS).join(', ')}, or five fields.`);
  }
  const parts = (MACROS[text] ?? text).split(/\s+/);
  if (parts.length !== 5) {
    return fault(`A schedule has five fields, this one has ${text === '' ? 0 : parts.length}.`, EXAMPLE);
  }
  const read = FIELDS.map((field, i) => readField(parts[i] ?? '', field));
  const bad = read.find((r) => 'message' in r);
  if (bad !== undefined && 'message' in bad) return bad;
  const [minute, hour, dayOfMonth, month, dayOfWeek] = read.map((r) => ('values' in r ? r : { values: new Set<number>(), every: true }));
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek) return fault('A schedule has five fields.', EXAMPLE);
  return {
    minute: minute.values,
    hour: hour.values,
    dayOfMonth: dayOfMonth.values,
    month: month.values,
    dayOfWeek: dayOfWeek.values,
    eitherDay: !dayOfMonth.every && !dayOfWeek.every,
  };
}

const EXAMPLE = "Write minute, hour, day of month, month and day of week: '17 3 * * *' is every day at 03:17.";

function fault(message: string, hint: string): ScheduleFault {
  return { message, hint };
}

interface FieldValues {
  readonly values: ReadonlySet<number>;
  /** Not restricted: a star without a step. */
  readonly every: boolean;
}

function readField(text: string, field: Field): FieldValues | ScheduleFault {
  const values = new Set<number>();
  let every = false;
  for (const item of text.split(',')) {
    const range = readRange(item, field);
    if ('message' in range) return range;
    for (let value = range.from; value <= range.to; value += range.step) values.add(value);
    every ||= range.every;
  }
  return { values, every };
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly every: boolean;
}

function readRange(item: string, field: Field): Range | ScheduleFault {
  const match = /^(?<from>[*?]|[0-9a-z]+)(?:-(?<to>[0-9a-z]+))?(?:\/(?<step>\d+))?$/i.exec(item);
  const { from = '', to, step = '1' } = match?.groups ?? {};
  const star = from === '*' || from === '?';
  if (match === null || (star && to !== undefined)) {
    return fault(`'${item}' cannot be read as ${article(field.name)}.`, allowed(field));
  }
  const start = star ? field.min : numberOf(from, field);
  const end = to !== undefined ? numberOf(to, field) : star || match.groups?.step !== undefined ? field.max : start;
  if (start === undefined || end === undefined || start < field.min || end > field.max) {
    return fault(`'${item}' is not within ${article(field.name)}.`, allowed(field));
  }
  if (start > end)
    return fault(`'${item}' ends before it starts.`, `Write two ranges, such as '${start}-${field.max},${field.min}-${end}'.`);
  if (Number(step) === 0) return fault(`'${item}' has a step of 0.`, 'A step is 1 or more.');
  return { from: start, to: end, step: Number(step), every: star && Number(step) === 1 };
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toLowerCase());
  if (named >= 0) return field.min + named;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function article(name: string): string {
  return `${/^[aeiouh]/.test(name) ? 'an' : 'a'} ${name}`;
}

function allowed({ name, min, max, names }: Field): string {
  const words = names.length > 0 ? ` or ${names[0]} to ${names.at(-1)}` : '';
  const sunday = name === 'day of week' ? '; Sunday is 0' : '';
  const spread = name === 'minute' ? "; 'H' alone spreads by the policy's name" : '';
  return `The ${name} is ${min} to ${max}${words}${sunday}${spread}.`;
}
