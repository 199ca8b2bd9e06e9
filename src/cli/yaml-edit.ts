import { isDeepStrictEqual } from 'node:util';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import type { Json } from '../manifest/manifest.js';
import { yamlLibrary } from '../yaml-library.js';
import { lastOffset, lineEnd, lineStart, type Splice, startOf } from '../yaml-text.js';
import { Anchors } from './yaml-anchors.js';
import { blockLines, blockScalar, type Fields, flowPairs, flowValue, type Quotes } from './yaml-write.js';

/** What turns the text of a document into one that says something else. */
export interface TextChanges {
  readonly splices: readonly Splice[];
  /** Places that are written in a way that cannot be edited. */
  readonly refused: readonly { readonly offset: number; readonly message: string }[];
}

/**
 * Makes a document of a text say what is wanted by replacing only the characters concerned. Keys are set and added, never removed.
 *
 * @param before what the document says
 * @param wanted made from `before`: parts that are the same object in both are not looked at
 */
export function editDocument(text: string, document: Document, before: unknown, wanted: unknown): TextChanges {
  const edit = new DocumentEdit(text, document);
  if (document.contents !== null) edit.value(document.contents, before, wanted, { flow: false });
  return edit;
}

/** Where a value stands: in braces or not, and below which key of a block map. */
interface Place {
  readonly flow: boolean;
  readonly below?: Pair;
}

class DocumentEdit implements TextChanges {
  readonly splices: Splice[] = [];
  readonly refused: { readonly offset: number; readonly message: string }[] = [];
  readonly #yaml = yamlLibrary();
  readonly #text: string;
  readonly #anchors: Anchors;
  readonly #json: boolean;

  constructor(text: string, document: Document) {
    this.#text = text;
    this.#anchors = new Anchors(document, text);
    const root: unknown = document.contents;
    const first = this.#yaml.isMap(root) && root.flow === true ? root.items[0]?.key : undefined;
    this.#json = this.#yaml.isScalar(first) && first.type === 'QUOTE_DOUBLE';
  }

  value(node: Node, before: unknown, wanted: unknown, place: Place): void {
    // An alias may come to mean something else though nothing is wanted of it.
    if (before === wanted && !this.#anchors.used) return;
    if (this.#yaml.isAlias(node)) {
      if (!isDeepStrictEqual(this.#anchors.meaningOf(node), wanted)) this.#replace(node, wanted, place);
      return;
    }
    if (this.#yaml.isMap(node) && isFields(wanted) && (node.items.length > 0 || place.flow || place.below === undefined)) {
      this.#map(node, before, wanted, place.flow || node.flow === true);
    } else if (this.#yaml.isSeq(node) && Array.isArray(wanted) && wanted.length === node.items.length) {
      const inner = { flow: place.flow || node.flow === true };
      node.items.forEach((item, index) => {
        if (this.#yaml.isNode(item)) this.value(item, at(before, index), wanted[index], inner);
      });
    } else if (!isDeepStrictEqual(before, wanted)) {
      this.#replace(node, wanted, place);
    }
    this.#anchors.means(node, wanted);
  }

  #map(map: YAMLMap, before: unknown, wanted: Fields, flow: boolean): void {
    const own = new Set<string>();
    for (const pair of map.items) {
      const key = this.#anchors.keyOf(pair);
      if (key === undefined || this.#anchors.isMerge(pair)) continue;
      own.add(key);
      if (Object.hasOwn(wanted, key)) this.#pair(pair, at(before, key), wanted[key], flow);
    }
    const merges = map.items.some((pair) => this.#anchors.isMerge(pair));
    const missing = Object.entries(wanted).filter(([key, value]) => !own.has(key) && (merges || value !== at(before, key)));
    const { inherited, dropped } = this.#anchors.merged(map, (key) => own.has(key) || Object.hasOwn(wanted, key));
    // An empty map takes nothing over; the keys that are wanted are written out.
    for (const source of dropped) this.#splice(startOf(source), lastOffset(source), '{}');
    const added = missing.filter(([key, value]) => !inherited.has(key) || !isDeepStrictEqual(inherited.get(key), value));
    if (added.length > 0) this.#add(map, Object.fromEntries(added), flow);
  }

  #pair(pair: Pair, before: unknown, wanted: Json | undefined, flow: boolean): void {
    const { value } = pair;
    if (before === wanted && !this.#anchors.used) return;
    if (this.#yaml.isNode(value)) this.value(value, before, wanted, flow ? { flow } : { flow, below: pair });
    else if (!isDeepStrictEqual(before, wanted))
      this.#refuse(startOf(pair.key), 'A key without a value cannot be given one: write a colon behind it.');
  }

  #replace(node: Node, wanted: unknown, { flow, below }: Place): void {
    if (!isJson(wanted)) return;
    const { start, anchor } = this.#behindTag(node);
    const end = this.#textEnd(node);
    this.#anchors.replaced({ start, end, text: '' });
    if (isFilled(wanted) && !flow && below !== undefined) {
      const column = this.#columnOf(below) ?? 0;
      const rest = lineEnd(this.#text, end);
      // A comment needs the space before it.
      const from = end > start && /^\s?$/.test(this.#text.slice(end, end + 1)) ? this.#trimmed(start) : start;
      this.#splice(from, end, anchor === '' ? '' : ` ${anchor}`);
      this.#splice(rest, rest, blockLines(wanted, column + 2, this.#newlineAt(rest)));
    } else {
      const value = flow || typeof wanted === 'object' ? flowValue(wanted, this.#json) : blockScalar(wanted, quotesOf(node));
      const space = this.#json || /[\s[{,]/.test(this.#text[start - 1] ?? ' ') ? '' : ' ';
      const behind = this.#text[end] === '#' ? ' ' : '';
      this.#splice(start, end, `${space}${anchor}${anchor === '' ? '' : ' '}${value}${behind}`);
    }
  }

  #add(map: YAMLMap, fields: Fields, flow: boolean): void {
    const last = map.items.at(-1);
    if (last === undefined) {
      this.#splice(startOf(map) + 1, startOf(map) + 1, flowPairs(fields, this.#json));
    } else if (flow) {
      const [key, end] = [startOf(last.key), lastOffset(last)];
      const behind = this.#trimmed(key);
      const space = /[,{]/.test(this.#text[behind - 1] ?? '') ? this.#text.slice(behind, key) : '';
      this.#splice(end, end, `,${space.includes('\n') ? space : ' '}${flowPairs(fields, this.#json)}`);
    } else {
      const column = this.#columnOf(last);
      if (column === undefined) return;
      const end = this.#endOfLast(last);
      this.#splice(end, end, blockLines(fields, column, this.#newlineAt(end)));
    }
  }

  /** Where a line can be added below a pair of a block map. */
  #endOfLast(pair: Pair): number {
    const end = lastOffset(pair);
    // A literal's range takes in its last line break.
    return this.#text[end - 1] === '\n' ? lineEnd(this.#text, end - 1) : lineEnd(this.#text, end);
  }

  /** The column of a block map's key; it is told where it cannot be known. */
  #columnOf(pair: Pair): number | undefined {
    const start = startOf(pair.key);
    const before = this.#text.slice(lineStart(this.#text, start), start);
    if (/^(?:\ufeff|-|\s)*$/.test(before) && !before.includes('\t')) return before.replace('\ufeff', '').length;
    const how = before.includes('\t') ? 'The line is indented by a tab' : 'The key is behind something else on its line';
    this.#refuse(start, `${how}: write it plainly, on a line of its own, behind spaces.`);
    return undefined;
  }

  /** Where a node starts; one with a tag starts at it, as the tag says what was there before, and its anchor is to be kept. */
  #behindTag(node: Node): { readonly start: number; readonly anchor: string } {
    const start = startOf(node);
    if (this.#yaml.isAlias(node) || node.tag === undefined) return { start, anchor: '' };
    const properties = /(?:[!&]\S*\s*)+$/.exec(this.#text.slice(lineStart(this.#text, start), start))?.[0] ?? '';
    return { start: start - properties.length, anchor: /&\S+/.exec(properties)?.[0] ?? '' };
  }

  /** Where a node's text ends; a literal keeps the line break behind it. */
  #textEnd(node: Node): number {
    let end = lastOffset(node);
    if (isBlockScalar(node)) while (/[\r\n]/.test(this.#text[end - 1] ?? '')) end -= 1;
    return end;
  }

  #trimmed(offset: number): number {
    let start = offset;
    while (/\s/.test(this.#text[start - 1] ?? '')) start -= 1;
    return start;
  }

  #newlineAt(offset: number): string {
    const at = this.#text.indexOf('\n', offset);
    const end = at === -1 ? this.#text.lastIndexOf('\n') : at;
    return this.#text[end - 1] === '\r' ? '\r\n' : '\n';
  }

  #splice(start: number, end: number, text: string): void {
    this.splices.push({ start, end, text });
  }

  #refuse(offset: number, message: string): void {
    this.refused.push({ offset, message });
  }
}

function at(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function isJson(value: unknown): value is Json {
  return value === null || ['string', 'number', 'boolean', 'object'].includes(typeof value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFilled(value: Json): value is Json & object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function typeOf(node: Node): unknown {
  return 'type' in node ? node.type : undefined;
}

function isBlockScalar(node: Node): boolean {
  return typeOf(node) === 'BLOCK_LITERAL' || typeOf(node) === 'BLOCK_FOLDED';
}

function quotesOf(node: Node): Quotes {
  const type = typeOf(node);
  return type === 'QUOTE_SINGLE' ? 'single' : type === 'QUOTE_DOUBLE' ? 'double' : 'none';
}
