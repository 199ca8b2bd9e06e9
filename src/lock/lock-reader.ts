import type { LineCounter, Node, Scalar } from 'yaml';
import { suggest } from '../policy/suggest.js';
import type { Problem } from '../problem.js';

/** One key of a map in the lock, with the nodes that say where it stands. */
export interface Entry {
  readonly key: string;
  readonly keyNode: unknown;
  readonly value: unknown;
}

/** The fields of one map, by name. */
export interface Fields {
  readonly path: string;
  has(name: string): boolean;
  /** The field's node; the map's own where there is no such field, so that a problem has a place. */
  get(name: string): unknown;
}

/** Takes values out of YAML nodes and notes what is wrong with them, with line and column. */
export class LockReader {
  readonly #yaml: typeof import('yaml');
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #problems: Problem[];

  constructor(yaml: typeof import('yaml'), file: string, lines: LineCounter, problems: Problem[]) {
    this.#yaml = yaml;
    this.#file = file;
    this.#lines = lines;
    this.#problems = problems;
  }

  problem(node: unknown, path: string, message: string, more: Pick<Problem, 'expected' | 'received' | 'hint'> = {}): void {
    const offset = this.#yaml.isNode(node) ? (node.range?.[0] ?? 0) : 0;
    const { line, col } = this.#lines.linePos(offset);
    this.#problems.push({ path, message, severity: 'error', file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1), ...more });
  }

  /** The keys of a map; an empty value is a map without keys. */
  entries(node: unknown, path: string): readonly Entry[] {
    if (node === undefined || node === null || (this.#yaml.isScalar(node) && node.value === null)) return [];
    if (!this.#yaml.isMap(node)) {
      this.problem(node, path, 'this is not a map.', { received: this.#shown(node) });
      return [];
    }
    return node.items.map(({ key, value }) => ({ key: this.#yaml.isScalar(key) ? sourceOf(key) : String(key), keyNode: key, value }));
  }

  /** The fields of a map; those that are not in `known` are problems. Undefined where it is not a map. */
  fields(node: unknown, path: string, known: readonly string[], expected: string): Fields | undefined {
    if (!this.#yaml.isMap(node)) {
      this.problem(node, path, node === null ? 'there is nothing here.' : 'this is not a map.', { expected });
      return undefined;
    }
    const entries = this.entries(node, path);
    for (const { key, keyNode } of entries.filter((entry) => !known.includes(entry.key))) {
      const near = suggest(key, known);
      const hint = near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${near}?`;
      this.problem(keyNode, path === '' ? key : `${path}.${key}`, 'this field is not known.', { hint });
    }
    const byName = new Map(entries.map((entry) => [entry.key, entry.value ?? entry.keyNode]));
    return { path, has: (name) => byName.has(name), get: (name) => byName.get(name) ?? (node as Node) };
  }

  /** A field's text as it was written, so that the tag `1.10` is not a number. */
  text(fields: Fields, name: string): string | undefined {
    const path = fields.path === '' ? name : `${fields.path}.${name}`;
    if (fields.has(name)) return this.#textOf(fields.get(name), path);
    this.problem(fields.get(name), path, 'this field is missing.');
    return undefined;
  }

  matching(fields: Fields, name: string, pattern: RegExp, expected: string): string | undefined {
    const text = this.text(fields, name);
    return text === undefined ? undefined : this.#match(fields.get(name), `${fields.path}.${name}`, text, pattern, expected);
  }

  matchingNode(node: unknown, path: string, pattern: RegExp, expected: string): string | undefined {
    const text = this.#textOf(node, path);
    return text === undefined ? undefined : this.#match(node, path, text, pattern, expected);
  }

  oneOf<T extends string>(fields: Fields, name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(fields, name);
    const found = allowed.find((value) => value === text);
    if (text !== undefined && found === undefined) {
      this.problem(fields.get(name), `${fields.path}.${name}`, 'this value is not known.', {
        expected: allowed.join(', '),
        received: text,
      });
    }
    return found;
  }

  #match(node: unknown, path: string, text: string, pattern: RegExp, expected: string): string | undefined {
    if (pattern.test(text)) return text;
    this.problem(node, path, 'this is malformed.', { expected, received: text });
    return undefined;
  }

  #textOf(node: unknown, path: string): string | undefined {
    if (this.#yaml.isScalar(node) && node.value !== null) return sourceOf(node);
    this.problem(node, path, 'this is not a text.', { received: this.#shown(node) });
    return undefined;
  }

  #shown(node: unknown): string {
    if (this.#yaml.isMap(node)) return 'a map';
    if (this.#yaml.isSeq(node)) return 'a list';
    if (this.#yaml.isAlias(node)) return `the alias *${node.source}`;
    return this.#yaml.isScalar(node) && node.value !== null ? sourceOf(node) : 'nothing';
  }
}

/** A scalar as text: what a person wrote where it is not a string to YAML, as with `1.10`. */
export function sourceOf({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : (source ?? String(value));
}
