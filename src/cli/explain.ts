import { resolve } from 'node:path';
import { parseInstant } from '../gate/instant.js';
import { loadPolicy } from '../policy/load.js';
import type { Policy } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import { type Calendar, calendarOf } from './explain/calendar.js';
import { explainGate } from './explain/gate.js';
import { gateText } from './explain/gate-text.js';
import { calendarHtml } from './explain/html.js';
import { calendarSvg } from './explain/svg.js';
import { calendarText } from './explain/text.js';
import type { Io } from './io.js';

export interface ExplainOptions {
  /** `text`, `json`, `svg` or `html`. @default text */
  readonly format?: string;
  /** The instant from which on windows and scans are shown (RFC 3339). @default now */
  readonly from?: string;
  /** How many days of them. @default 7 */
  readonly days?: string;
}

const DAY = 86_400_000;
const LONGEST = 366;

/**
 * `patchway explain`: says what a policy means: every rule of the gate with its figure and where that is from, how images
 * pass the stages, and when scans run and windows open.
 *
 * @throws PatchwayError 65 for a policy that cannot be read, 64 for options that cannot be
 */
export function explain(file: string, io: Io, { format = 'text', from, days = '7' }: ExplainOptions = {}): 0 {
  const write = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (write === undefined) throw new PatchwayError(`--format ${format}: use ${Object.keys(FORMATS).join(', ')}.`, { exitCode: 64 });
  const begin = from === undefined ? io.now() : instantOf(from);
  const length = daysOf(days);
  const policy = loadPolicy(resolve(io.cwd, file));
  io.out(write(policy, calendarOf(policy, begin, begin + length * DAY)));
  return 0;
}

const FORMATS: Readonly<Record<string, (policy: Policy, calendar: Calendar) => string>> = {
  text: (policy, calendar) => `${gateText(policy, explainGate(policy))}\n${calendarText(calendar)}${warningsText(policy)}`,
  json,
  svg: (_policy, calendar) => calendarSvg(calendar),
  html: (policy, calendar) => calendarHtml(calendar, gateText(policy, explainGate(policy))),
};

function json(policy: Policy, { from, to, timeZone, scans, stages }: Calendar): string {
  const windows = stages.map(({ name, open }) => [
    name,
    open.map(({ opens, closes }) => ({ opens: instant(opens), closes: instant(closes) })),
  ]);
  const explained = {
    schemaVersion: 1,
    policy: { name: policy.name, hash: policy.hash },
    gate: explainGate(policy),
    from: instant(from),
    to: instant(to),
    timeZone,
    scans: scans.map(instant),
    windows: Object.fromEntries(windows),
    stages: stages.map(({ name, namespace, way }) => {
      const { after, oneOf, soak, approval } = policy.stage(name);
      return { name, namespace, after, ...(oneOf === undefined ? {} : { oneOf }), soakMs: soak, approval: approval ?? 'none', way };
    }),
    promotion: { engine: policy.promotion.engine, schedule: policy.promotion.schedule },
    warnings: policy.warnings.map(({ path, message, hint }) => ({ path, message, ...(hint === undefined ? {} : { hint }) })),
  };
  return `${JSON.stringify(explained, null, 2)}\n`;
}

/** What may go wrong in an unlucky week. */
function warningsText({ warnings }: Policy): string {
  return warnings.length === 0 ? '' : `\nWarnings\n${warnings.map(({ path, message }) => `- ${path}: ${message}\n`).join('')}`;
}

function instantOf(text: string): number {
  const at = parseInstant(text);
  if (at !== undefined) return at;
  throw new PatchwayError(`--from ${text}: this is not an instant. Write it with its offset: 2026-12-14T00:00:00Z.`, { exitCode: 64 });
}

function daysOf(text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1 && days <= LONGEST) return days;
  throw new PatchwayError(`--days ${text}: write a whole number from 1 to ${LONGEST}.`, { exitCode: 64 });
}

function instant(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
