import type { Milliseconds } from './policy/policy.js';

/** A PromQL expression. Only the functions of this module make one, so that values are quoted and operands bracketed. */
export interface Expression {
  readonly text: string;
  /** Whether it must be bracketed as an operand: PromQL's precedence is not something to remember. */
  readonly compound: boolean;
}

/** What a label must be: equal to a text, or matching one of several texts. */
export type Matchers = Readonly<Record<string, string | { readonly oneOf: readonly string[] }>>;

/** The series of a metric whose labels match; `metric('up', { job: 'web' })` is `up{job="web"}`. */
export function metric(name: string, matchers: Matchers = {}): Expression {
  const list = Object.entries(matchers).map(([label, wanted]) =>
    typeof wanted === 'string' ? `${label}=${quote(wanted)}` : `${label}=~${quote(wanted.oneOf.map(escapeRegex).join('|'))}`,
  );
  return atom(list.length === 0 ? name : `${name}{${list.join(',')}}`);
}

export const time: Expression = { text: 'time()', compound: false };

/** A series without labels whose value is constant. */
export function vector(value: number): Expression {
  return atom(`vector(${value})`);
}

/** A length of time as PromQL counts it: seconds. */
export function seconds(duration: Milliseconds): Expression {
  return number(duration / 1000);
}

export function number(value: number): Expression {
  return atom(String(value));
}

/** Keeps the series of the left side for which the comparison holds. */
export function compare(left: Expression, operator: '<' | '<=' | '>' | '>=' | '==' | '!=', right: Expression): Expression {
  return binary(left, operator, right);
}

export function subtract(left: Expression, right: Expression): Expression {
  return binary(left, '-', right);
}

/** The series of the left side that have a partner, by these labels, on the right. */
export function and(left: Expression, on: readonly string[], right: Expression): Expression {
  return binary(left, `and on(${on.join(', ')})`, right);
}

/** The series of the left side that have no partner, by these labels, on the right. */
export function unless(left: Expression, on: readonly string[], right: Expression): Expression {
  return binary(left, `unless on(${on.join(', ')})`, right);
}

/** The series of both sides; the left one where both have the same labels. */
export function or(left: Expression, right: Expression): Expression {
  return binary(left, 'or', right);
}

/** One series for each combination of these labels. */
export function aggregate(operator: 'max' | 'min' | 'sum', by: readonly string[], expression: Expression): Expression {
  return atom(`${operator} by (${by.join(', ')}) (${expression.text})`);
}

/** One series, with the labels that the matchers fix, while the metric has none. */
export function absent(expression: Expression): Expression {
  return atom(`absent(${expression.text})`);
}

/** How often the value of a metric changed within a length of time. */
export function changes(of: Expression, within: Milliseconds): Expression {
  return atom(`changes(${of.text}[${promDuration(within)}])`);
}

/** Copies a label under another name. */
export function copyLabel(expression: Expression, from: string, to: string): Expression {
  return atom(`label_replace(${expression.text}, ${quote(to)}, "$1", ${quote(from)}, "(.+)")`);
}

/** A duration as PromQL and rule files write it, in the largest unit that holds it exactly: `36h`, `90s`. */
export function promDuration(duration: Milliseconds): string {
  const [unit = 'ms', length = 1] = UNITS.find(([, ms]) => duration % ms === 0) ?? [];
  return duration === 0 ? '0s' : `${duration / length}${unit}`;
}

const UNITS = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

function atom(text: string): Expression {
  return { text, compound: false };
}

function binary(left: Expression, operator: string, right: Expression): Expression {
  return { text: `${operand(left)} ${operator} ${operand(right)}`, compound: true };
}

function operand({ text, compound }: Expression): string {
  return compound ? `(${text})` : text;
}

/** PromQL's double-quoted strings are Go's: JSON writes a subset of them. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
