import type { Milliseconds } from './policy/policy.js';

/** A PromQL expression. Only the functions of this module make one, so that values are quoted and operands bracketed. */
export interface Expression {
  readonly text: string;
  /** Whether it must be bracketed as an operand: PromQL's precedence is not something to remember. */
  readonly compound: boolean;
}

/** What a label must be: equal to a text, to one of several texts, or as a regular expression says (a Grafana variable, for one). */
export type Matchers = Readonly<Record<string, string | { readonly oneOf: readonly string[] } | { readonly like: string }>>;

/** The series of a metric whose labels match; `metric('up', { job: 'web' })` is `up{job="web"}`. */
export function metric(name: string, matchers: Matchers = {}): Expression {
  const list = Object.entries(matchers).map(([label, wanted]) => {
    if (typeof wanted === 'string') return `${label}=${quote(wanted)}`;
    return `${label}=~${quote('like' in wanted ? wanted.like : wanted.oneOf.map(escapeRegex).join('|'))}`;
  });
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

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** Keeps the series of the left side for which the comparison holds. */
export function compare(left: Expression, operator: Comparison, right: Expression): Expression {
  return binary(left, operator, right);
}

export function subtract(left: Expression, right: Expression): Expression {
  return binary(left, '-', right);
}

/** Each series of the left side with the one that has the same of these labels on the right, which many may share. */
export function withOne(left: Expression, operator: Comparison | '-' | '/', on: readonly string[], right: Expression): Expression {
  return binary(left, `${operator} on(${on.join(', ')}) group_left()`, right);
}

export function multiply(left: Expression, right: Expression): Expression {
  return binary(left, '*', right);
}

export function divide(left: Expression, right: Expression): Expression {
  return binary(left, '/', right);
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
export function aggregate(operator: 'max' | 'min' | 'sum' | 'count', by: readonly string[], expression: Expression): Expression {
  return atom(`${operator} by (${by.join(', ')}) (${expression.text})`);
}

/** For each combination of these labels the value below which a share (0 to 1) of the series is. */
export function quantile(share: number, by: readonly string[], expression: Expression): Expression {
  return atom(`quantile by (${by.join(', ')}) (${share}, ${expression.text})`);
}

/** One series, with the labels that the matchers fix, while the metric has none. */
export function absent(expression: Expression): Expression {
  return atom(`absent(${expression.text})`);
}

/** How often the value of a metric changed within a length of time. */
export function changes(of: Expression, within: Milliseconds): Expression {
  return atom(`changes(${of.text}[${promDuration(within)}])`);
}

/** A metric as it was so long before. */
export function before(of: Expression, span: Milliseconds): Expression {
  return { text: `${of.text} offset ${promDuration(span)}`, compound: true };
}

/** Copies a label under another name: all of it, or what the expression's only group matches. */
export function copyLabel(expression: Expression, from: string, to: string, part = '(.+)'): Expression {
  return atom(`label_replace(${expression.text}, ${quote(to)}, "$1", ${quote(from)}, ${quote(part)})`);
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
