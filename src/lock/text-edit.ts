import type { Pair, Scalar, YAMLMap } from 'yaml';
import { yamlLibrary } from '../yaml-library.js';
import { endOf, lastOffset, lineEnd, lineStart, type Splice, spliced, startOf } from '../yaml-text.js';
import { sourceOf } from './lock-reader.js';

/** Maps of texts, as deep as one likes. */
export type Tree = { readonly [key: string]: string | Tree };

/** Whether the map at this path is written on one line when it is new, and loses the keys that are not wanted. */
export type IsEntry = (path: readonly string[]) => boolean;

/**
 * Changes maps in the text of a YAML document by replacing only the characters concerned: writing the document anew
 * would move comments and alignment.
 */
export class TextEdit {
  readonly #yaml = yamlLibrary();
  readonly #text: string;
  readonly #isEntry: IsEntry;
  readonly #newline: string;
  readonly #root: unknown;
  /** A document in braces is taken for JSON: everything in it is quoted. */
  readonly #json: boolean;
  readonly #splices: Splice[] = [];

  constructor(text: string, isEntry: IsEntry) {
    this.#text = text;
    this.#isEntry = isEntry;
    this.#newline = text.includes('\r\n') ? '\r\n' : '\n';
    this.#root = this.#yaml.parseDocument(text).contents;
    this.#json = this.#yaml.isMap(this.#root) && this.#root.flow === true;
  }

  /** The keys of one of the document's maps, as written. */
  keys(name: string): readonly string[] {
    const map = this.#yaml.isMap(this.#root) ? find(this.#root, name)?.value : undefined;
    return this.#yaml.isMap(map) ? map.items.map(keyOf) : [];
  }

  /** Makes the document say what `wanted` says. */
  set(wanted: Tree): void {
    if (this.#yaml.isMap(this.#root)) this.#merge(this.#root, [], wanted, this.#json);
  }

  toString(): string {
    return spliced(this.#text, this.#splices);
  }

  #merge(map: YAMLMap, path: readonly string[], wanted: Tree, inFlow: boolean): void {
    const gone = this.#isEntry(path) ? map.items.filter((pair) => wanted[keyOf(pair)] === undefined) : [];
    const first = map.items[0];
    if (first === undefined || gone.length === map.items.length || (map.flow === true && gone.includes(first))) {
      this.#rewrite(map, path, wanted, inFlow);
      return;
    }
    for (const pair of gone) this.#remove(map, pair);
    const missing: Record<string, string | Tree> = {};
    for (const [key, value] of Object.entries(wanted)) {
      const pair = find(map, key);
      if (pair === undefined) missing[key] = value;
      else this.#change(pair, [...path, key], value, inFlow || map.flow === true);
    }
    if (Object.keys(missing).length > 0) this.#add(map, path, missing);
  }

  #change(pair: Pair, path: readonly string[], wanted: string | Tree, inFlow: boolean): void {
    const { value } = pair;
    if (typeof wanted !== 'string' && this.#yaml.isMap(value)) {
      this.#merge(value, path, wanted, inFlow);
    } else if (typeof wanted === 'string' && this.#yaml.isScalar(value) && value.value !== null) {
      if (sourceOf(value) !== wanted) this.#splice(startOf(value), endOf(value), this.#scalar(wanted, value));
    } else {
      const colon = this.#text.indexOf(':', endOf(pair.key)) + 1;
      const written = this.#yaml.isNode(value) && startOf(value) < endOf(value);
      const end = written ? lastOffset(value) : colon;
      this.#splice(colon, end, this.#value(wanted, path, this.#indentAt(startOf(pair.key)), inFlow));
    }
  }

  /** Writes a map anew that is empty, keeps nothing, or is in braces and loses its first key. */
  #rewrite(map: YAMLMap, path: readonly string[], wanted: Tree, inFlow: boolean): void {
    const start = startOf(map);
    const unfold = map.items.length === 0 && !inFlow && !this.#isEntry(path);
    const text = unfold ? this.#block(wanted, path, this.#indentAt(start) + 2) : this.#flow(wanted);
    const space = unfold && this.#text[start - 1] === ' ' ? 1 : 0;
    this.#splice(start - space, lastOffset(map), text);
  }

  #remove(map: YAMLMap, pair: Pair): void {
    const at = map.items.indexOf(pair);
    const [previous, next] = [map.items[at - 1], map.items[at + 1]];
    const end = lastOffset(pair);
    if (map.flow === true) this.#splice(previous === undefined ? startOf(pair.key) : lastOffset(previous), end, '');
    else if (previous !== undefined)
      this.#splice(lineEnd(this.#text, lineStart(this.#text, startOf(pair.key)) - 1), lineEnd(this.#text, end), '');
    // The first key may follow its parent on the line: only the way to the next key is taken out.
    else this.#splice(startOf(pair.key), next === undefined ? end : startOf(next.key), '');
  }

  #add(map: YAMLMap, path: readonly string[], missing: Tree): void {
    const end = Math.max(...map.items.map((pair) => lastOffset(pair)));
    if (map.flow === true) {
      this.#splice(end, end, `, ${this.#flow(missing).slice(1, -1)}`);
    } else {
      const at = lineEnd(this.#text, end);
      const column = startOf(map.items[0]?.key) - lineStart(this.#text, startOf(map.items[0]?.key));
      this.#splice(at, at, this.#block(missing, path, column));
    }
  }

  #splice(start: number, end: number, text: string): void {
    this.#splices.push({ start, end, text });
  }

  #value(value: string | Tree, path: readonly string[], indent: number, inFlow: boolean): string {
    if (typeof value === 'string') return ` ${this.#written(value)}`;
    return inFlow || this.#isEntry(path) ? ` ${this.#flow(value)}` : this.#block(value, path, indent + 2);
  }

  /** Each pair on a line of its own, a line break before each. */
  #block(tree: Tree, path: readonly string[], indent: number): string {
    const lines = Object.entries(tree).map(([key, value]) => `${this.#written(key)}:${this.#value(value, [...path, key], indent, false)}`);
    return lines.map((line) => `${this.#newline}${' '.repeat(indent)}${line}`).join('');
  }

  #flow(tree: Tree): string {
    const pairs = Object.entries(tree).map(
      ([key, value]) => `${this.#written(key)}: ${typeof value === 'string' ? this.#written(value) : this.#flow(value)}`,
    );
    return `{${pairs.join(', ')}}`;
  }

  #scalar(text: string, { type }: Scalar): string {
    if (type === 'QUOTE_SINGLE') return `'${text.replaceAll("'", "''")}'`;
    return type === 'QUOTE_DOUBLE' ? JSON.stringify(text) : this.#written(text);
  }

  /** Digests are quoted, as are texts that YAML would take for something else: the tag `1.10` would be a number. */
  #written(text: string): string {
    const safe = /^[A-Za-z0-9][A-Za-z0-9_./:-]*$/.test(text) && !text.endsWith(':') && !text.startsWith('sha256:');
    return safe && !this.#json && typeof this.#yaml.parse(text) === 'string' ? text : JSON.stringify(text);
  }

  #indentAt(offset: number): number {
    return /^ */.exec(this.#text.slice(lineStart(this.#text, offset)))?.[0].length ?? 0;
  }
}

function find(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((pair) => keyOf(pair) === name);
}

function keyOf({ key }: Pair): string {
  return isScalarLike(key) ? sourceOf(key) : String(key);
}

function isScalarLike(key: unknown): key is Scalar {
  return typeof key === 'object' && key !== null && 'value' in key;
}
