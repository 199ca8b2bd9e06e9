import type { Alias, Document, Node, Pair, YAMLMap } from 'yaml';
import { yamlLibrary } from '../yaml-library.js';
import { type Splice, startOf } from '../yaml-text.js';

/** What the anchors of a document come to mean while it is edited in the order of its text. */
export class Anchors {
  /** Whether anything refers to an anchor. */
  readonly used: boolean;
  readonly #yaml = yamlLibrary();
  readonly #document: Document;
  readonly #meanings = new Map<unknown, unknown>();
  readonly #gone: Splice[] = [];

  constructor(document: Document, text: string) {
    this.#document = document;
    let used = false;
    const find = () => {
      used = true;
      return this.#yaml.visit.BREAK;
    };
    const [start, , end] = document.range ?? [0, 0, 0];
    if (text.slice(start, end).includes('*')) this.#yaml.visit(document, { Alias: find });
    this.used = used;
  }

  /** Notes what a node says from now on. */
  means(node: Node, value: unknown): void {
    if ('anchor' in node && node.anchor !== undefined) this.#meanings.set(node, value);
  }

  /** Notes what is replaced, and the anchors within it. */
  replaced(splice: Splice): void {
    this.#gone.push(splice);
  }

  /** What an alias says by now; undefined where its anchor is gone. */
  meaningOf(alias: Alias): unknown {
    const source: unknown = alias.resolve(this.#document);
    if (!this.#yaml.isNode(source)) return undefined;
    if (this.#meanings.has(source)) return this.#meanings.get(source);
    const start = startOf(source);
    const gone = this.#gone.some((splice) => splice.start <= start && start < splice.end);
    return gone ? undefined : source.toJS(this.#document);
  }

  /** `<<`, which takes over the fields of other maps. */
  isMerge({ key }: Pair): boolean {
    return this.#yaml.isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
  }

  keyOf({ key }: Pair): string | undefined {
    const scalar: unknown = this.#yaml.isAlias(key) ? key.resolve(this.#document) : key;
    return this.#yaml.isScalar(scalar) ? String(scalar.value ?? '') : undefined;
  }

  /** What a map takes over from others; and `dropped`, those that have come to hold keys which it should not have. */
  merged(
    map: YAMLMap,
    fits: (key: string) => boolean,
  ): { readonly inherited: ReadonlyMap<string, unknown>; readonly dropped: readonly Node[] } {
    const inherited = new Map<string, unknown>();
    const dropped: Node[] = [];
    for (const pair of map.items) {
      if (!this.isMerge(pair) || !this.#yaml.isNode(pair.value)) continue;
      const fields = this.#fieldsOf(pair.value);
      if (fields === undefined || !fields.every(([key]) => fits(key))) dropped.push(pair.value);
      else for (const [key, value] of fields) if (!inherited.has(key)) inherited.set(key, value);
    }
    return { inherited, dropped };
  }

  /** The first of several maps wins. */
  #fieldsOf(source: Node): readonly (readonly [string, unknown])[] | undefined {
    if (this.#yaml.isSeq(source)) {
      const each = source.items.map((item) => (this.#yaml.isNode(item) ? this.#fieldsOf(item) : undefined));
      return each.every((fields) => fields !== undefined) ? each.flat() : undefined;
    }
    const value: unknown = this.#yaml.isAlias(source) ? this.meaningOf(source) : source.toJS(this.#document);
    return typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
  }
}
