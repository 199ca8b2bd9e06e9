import * as v from 'valibot';
import type { Problem } from '../problem.js';
import { ALERT_NAMES } from './alerts.js';
import { parseSchedule } from './cron.js';
import { EXPECTATIONS, REQUIRED } from './expectations.js';
import { formatPath, type Path } from './path.js';
import { policySchema } from './schema.js';
import { suggest } from './suggest.js';
import { canonicalZone } from './zone.js';

/** A problem of one field's shape, and where it is. */
export interface ShapeProblem {
  readonly path: Path;
  readonly problem: Problem;
  /** `unknown`: the field itself is; `spelling`: text, but not as it must be spelled; `broken`: it cannot be used. */
  readonly kind: 'unknown' | 'spelling' | 'broken';
}

type Issue = v.InferIssue<ReturnType<typeof policySchema>>;

/** Everything that is wrong with the fields of a policy, each taken by itself. */
export function shapeProblems(value: unknown): readonly ShapeProblem[] {
  const { issues = [] } = v.safeParse(policySchema(), value);
  const first = new Map<string, ShapeProblem>();
  for (const issue of issues) {
    const found = shapeProblem(issue);
    if (!first.has(found.problem.path)) first.set(found.problem.path, found);
  }
  return [...first.values()];
}

function shapeProblem(issue: Issue): ShapeProblem {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  const [expectation = '', ...known] = issue.message.split(' ');
  const unknown = expectation === 'unknown';
  const spelling = typeof issue.input === 'string' && (expectation === 'name' || expectation === 'namespace');
  const details = unknown ? unknownField(path, known) : issue.input === undefined ? missingField(path) : wrongValue(issue, expectation);
  return {
    path,
    problem: { path: formatPath(path), severity: 'error', ...details },
    kind: unknown ? 'unknown' : spelling ? 'spelling' : 'broken',
  };
}

type Details = Pick<Problem, 'message' | 'expected' | 'received' | 'hint'>;

function unknownField(path: Path, known: readonly string[]): Details {
  const meant = suggest(String(path.at(-1)), known);
  return {
    message: 'There is no such field.',
    hint: meant === undefined ? `The fields here are ${known.join(', ')}.` : `Did you mean '${meant}'?`,
  };
}

function missingField(path: Path): Details {
  const hint = REQUIRED[String(path.at(-1))];
  return { message: 'This field is required.', ...(hint === undefined ? {} : { hint }) };
}

function wrongValue({ input, expected }: Issue, expectation: string): Details {
  const received = show(input);
  if (expectation === 'oneOf') return wrongOption(input, received, options(expected));
  const { message, expected: words } = EXPECTATIONS[expectation] ?? { message: 'This value does not fit.', expected: 'another value' };
  if (typeof input === 'string' && expectation === 'schedule') return { ...wrongSchedule(input), received };
  const hint = typeof input === 'string' ? hintAt(input, expectation) : undefined;
  return { message, expected: words, received, ...(hint === undefined ? {} : { hint }) };
}

function hintAt(input: string, expectation: string): string | undefined {
  if (expectation === 'timeZone') return meantZone(input);
  const alert = expectation === 'alert' ? suggest(input, ALERT_NAMES) : undefined;
  return alert === undefined ? undefined : `Did you mean '${alert}'?`;
}

function wrongOption(input: unknown, received: string, known: readonly string[]): Details {
  const meant = typeof input === 'string' ? suggest(input, known) : undefined;
  return {
    message: 'This is not one of the values to choose from.',
    expected: known.map((option) => `'${option}'`).join(' or '),
    received,
    ...(meant === undefined ? {} : { hint: `Did you mean '${meant}'?` }),
  };
}

/** valibot lists options as `("a" | "b")`. */
function options(expected: string | null): readonly string[] {
  return [...(expected ?? '').matchAll(/"([^"]*)"/g)].flatMap(([, option]) => (option === undefined ? [] : [option]));
}

function wrongSchedule(schedule: string): Details {
  const read = parseSchedule(schedule.trim().replace(/^H(?=\s)/, '0'));
  return 'message' in read ? read : { message: 'This is not a schedule.' };
}

function meantZone(name: string): string | undefined {
  const meant = canonicalZone(name) ?? suggest(name, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  return meant === undefined || /^[+-]/.test(meant) ? undefined : `Did you mean '${meant}'?`;
}

/** A value as somebody wrote it, short. */
function show(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 57)}…` : value}'`;
  if (typeof value === 'object') return `{ ${Object.keys(value).slice(0, 5).join(', ')} }`;
  return String(value);
}
