import type { Problem } from '../problem.js';
import type { Draft } from './checks/check.js';
import { findings, laterFindings } from './checks.js';
import { policyFromDocument } from './document.js';
import type { PolicyInput } from './input.js';
import type { Partly } from './partly.js';
import { type Path, parsePath, related } from './path.js';
import type { Policy } from './policy.js';
import { resolvePolicy } from './resolve.js';
import { shapeProblems } from './shape.js';

export interface ParseOptions {
  /** The file that problems name. @default none */
  readonly file?: string;
  /** Where in the file a path is; a key where the field itself is the problem. @default unknown */
  readonly locate?: (path: Path) => { readonly line: number; readonly column: number } | undefined;
}

/** A policy, or why it is none. */
export interface Parsed {
  /** Absent where one of the problems is an error. */
  readonly policy?: Policy;
  /** Errors and warnings, in the order of the document. Warnings that take long to find are looked for when this is first read. */
  readonly problems: readonly Problem[];
}

/** Reads a policy from a value as TypeScript, YAML or JSON give it, and finds every problem at once. */
export function parsePolicy(value: unknown, options: ParseOptions = {}): Parsed {
  const input = withoutUndefined(value);
  const shape = shapeProblems(input);
  const broken = shape.filter(({ kind }) => kind === 'broken').map(({ path }) => path);
  // What was broken is gone, so that what is left has the shape of a policy with parts missing.
  const readable = broken.reduce<unknown>(without, input) ?? {};
  const document = resolvePolicy(readable as Partly<PolicyInput>);
  const draft: Draft = { document, intact: (path) => !broken.some((b) => related(b, parsePath(path))) };
  const readableAtAll = !broken.some((path) => path.length === 0);
  const found = [...shape.map(({ problem }) => problem), ...(readableAtAll ? findings(draft) : [])];
  let all: readonly Problem[] | undefined;
  const problems = () => {
    all ??= inOrder([...found, ...(readableAtAll ? laterFindings(draft) : [])], options);
    return all;
  };
  return {
    ...(found.some(({ severity }) => severity === 'error') ? {} : { policy: policyFromDocument(document, problems) }),
    get problems() {
      return problems();
    },
  };
}

/** In the order of the document, where it tells places; else in that of the checks. */
function inOrder(problems: readonly Problem[], { file, locate }: ParseOptions): readonly Problem[] {
  return problems
    .map((problem) => ({ ...problem, ...(file === undefined ? {} : { file }), ...locate?.(parsePath(problem.path)) }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** A field that is set to undefined is a field that is not set. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => (field === undefined ? [] : [[key, withoutUndefined(field)] as const])),
  );
}

/** A copy in which nothing is at the path; lists keep their length. */
function without(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return undefined;
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? without(item, rest) : item));
  if (typeof value !== 'object' || value === null || !(key in value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, name === key ? without(field, rest) : field]));
}
