import { badInput } from '../problem.js';
import { instantOf } from './instant.js';

/**
 * A value in a JSON document and where it is. The path is walked only when something is wrong,
 * so that a report of a hundred thousand findings costs no path strings.
 */
export interface JsonNode {
  readonly value: unknown;
  /** Member name or index; at the root, what the document is called (its file). */
  readonly key: string | number;
  readonly parent?: JsonNode;
}

/** The root of a document; `source` names it in errors. */
export function root(value: unknown, source: string): JsonNode {
  return { value, key: source };
}

/** A member of an object; undefined where it is missing or null. @throws if `node` is not an object */
export function member(node: JsonNode, key: string): JsonNode | undefined {
  const value = valueAt(node, key);
  return value === undefined ? undefined : { value, key, parent: node };
}

const NONE: readonly never[] = [];

/** The elements of a list; none where the list is missing or null. @throws if it is something else */
export function items(node: JsonNode, key: string): readonly JsonNode[] {
  return valueAt(node, key) === undefined ? NONE : [...each(node, key)];
}

/** The same one at a time: none of a hundred thousand outlives its turn. */
export function* each(node: JsonNode, key: string): Generator<JsonNode> {
  const list = member(node, key);
  if (list === undefined) return;
  if (!Array.isArray(list.value)) throw unexpected(list, 'a list');
  for (const [index, value] of list.value.entries()) yield { value, key: index, parent: list };
}

/** The members of an object, by name; none where it is missing or null. @throws if it is something else */
export function entries(node: JsonNode, key: string): readonly (readonly [string, JsonNode])[] {
  const found = member(node, key);
  if (found === undefined) return [];
  if (!isObject(found.value)) throw unexpected(found, 'an object');
  return Object.entries(found.value).map(([name, value]) => [name, { value, key: name, parent: found }]);
}

/** A text; undefined where it is missing, null or empty. @throws if it is something else */
export function text(node: JsonNode, key: string): string | undefined {
  const value = valueAt(node, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw unexpected({ value, key, parent: node }, 'a text');
  return value === '' ? undefined : value;
}

/** A text that must be there. @throws if it is missing or empty */
export function requiredText(node: JsonNode, key: string): string {
  const found = text(node, key);
  if (found === undefined) throw unexpected({ value: undefined, key, parent: node }, 'a text');
  return found;
}

/** A member that must be there. @throws where it is not */
export function required(node: JsonNode, key: string): JsonNode {
  const found = member(node, key);
  if (found === undefined) throw unexpected({ value: undefined, key, parent: node }, 'a value');
  return found;
}

/** One of a few words. @throws for any other */
export function oneOf<T extends string>(node: JsonNode, key: string, allowed: readonly T[]): T {
  const written = requiredText(node, key);
  const found = allowed.find((value) => value === written);
  if (found === undefined) throw unexpected({ value: written, key, parent: node }, `one of ${allowed.join(', ')}`);
  return found;
}

/** As `date`. @throws also where it is missing */
export function requiredDate(node: JsonNode, key: string): string {
  const found = date(node, key);
  if (found === undefined) throw unexpected({ value: undefined, key, parent: node }, 'an instant (RFC 3339)');
  return found;
}

/** The texts of a list, empty ones left out. @throws if an element is something else */
export function texts(node: JsonNode, key: string): readonly string[] {
  const list = items(node, key);
  if (list.length === 0) return NONE;
  return list.flatMap((item) => {
    if (typeof item.value !== 'string') throw unexpected(item, 'a text');
    return item.value === '' ? [] : [item.value];
  });
}

/** A number; undefined where it is missing or null. @throws if it is something else */
export function number(node: JsonNode, key: string): number | undefined {
  const value = valueAt(node, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw unexpected({ value, key, parent: node }, 'a number');
  return value;
}

/** A boolean; undefined where it is missing or null. @throws if it is something else */
export function flag(node: JsonNode, key: string): boolean | undefined {
  const value = valueAt(node, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'boolean') throw unexpected({ value, key, parent: node }, 'true or false');
  return value;
}

/**
 * A date or instant as RFC 3339 in UTC; undefined where it is missing, null or before 2000: Go writes its zero
 * time as the year 1. @throws if it is no date, as leaving it out would move a deadline
 */
export function date(node: JsonNode, key: string): string | undefined {
  const written = text(node, key);
  if (written === undefined) return undefined;
  const instant = instantOf(written);
  if (instant === undefined) throw unexpected({ value: written, key, parent: node }, 'a date');
  return instant < '2000' ? undefined : instant;
}

/** No node is made for a value that is as it should be: a large report has a million of them. */
function valueAt(node: JsonNode, key: string): NonNullable<unknown> | undefined {
  const { value } = node;
  if (!isObject(value)) throw unexpected(node, 'an object');
  return value[key] ?? undefined;
}

/** The error that says which file, which path, what was expected there and what was found. */
export function unexpected(node: JsonNode, expected: string, hint?: string) {
  const { file, path } = placeOf(node);
  const received = node.value === undefined ? 'nothing' : abridged(node.value);
  const problem = { file, path, message: 'is not what was expected there', expected, received, severity: 'error' } as const;
  return badInput(file, [hint === undefined ? problem : { ...problem, hint }]);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function placeOf(node: JsonNode): { readonly file: string; readonly path: string } {
  let path = '';
  let at = node;
  while (at.parent !== undefined) {
    path = (typeof at.key === 'number' ? `[${at.key}]` : `.${at.key}`) + path;
    at = at.parent;
  }
  return { file: String(at.key), path: `$${path}` };
}

function abridged(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}
