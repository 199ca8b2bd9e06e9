import type { Document, LineCounter, YAMLError } from 'yaml';
import type { Problem } from '../problem.js';
import { yamlLibrary } from '../yaml-library.js';
import type { Path } from './path.js';

/** A place in a file, counted from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** What a YAML or JSON file holds, and where each part of it is. */
export interface YamlValue {
  readonly value: unknown;
  /** The place of a path, or of the nearest part around it that exists. */
  readonly locate: (path: Path) => Place | undefined;
}

/** Reads one YAML document; JSON is YAML. Repeated keys, several documents and an empty file are problems. */
export function readYaml(text: string, file: string): YamlValue | { readonly problems: readonly Problem[] } {
  const yaml = yamlLibrary();
  const lines = new yaml.LineCounter();
  const problem = (message: string, offset: number): Problem => ({ path: '', message, severity: 'error', file, ...placeOf(lines, offset) });

  const documents = yaml.parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const [document, second] = 'empty' in documents ? [] : documents;
  const root = document?.contents;
  if (!document || !root || (yaml.isScalar(root) && root.value === null)) return { problems: [problem('The file is empty.', 0)] };
  const faults = [...document.errors, ...document.warnings].map((fault) => problem(explain(fault), fault.pos[0]));
  if (second !== undefined) {
    faults.push(problem('The file holds more than one document: write each policy in a file of its own.', second.range[0]));
  }
  if (faults.length > 0) return { problems: faults };
  try {
    return { value: document.toJS(), locate: (path) => locate(yaml, document, lines, path) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { problems: [problem(`An alias cannot be followed: ${error.message}.`, root.range?.[0] ?? 0)] };
  }
}

type Yaml = typeof import('yaml');

/** What a fault of the YAML is, in a sentence. */
export function explain({ code, message }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'This key is there already: remove one of the two.';
  return `This is not YAML: ${message.replace(/\.?$/, '.')}`;
}

/** Where a field's key, or a list's item, is; for one that is missing, where what should hold it is. */
export function locate(yaml: Yaml, document: Document, lines: LineCounter, path: Path): Place {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const key of path) {
    const holder = yaml.isAlias(node) ? node.resolve(document) : node;
    const pair = yaml.isMap(holder)
      ? holder.items.find((item) => yaml.isScalar(item.key) && String(item.key.value) === String(key))
      : undefined;
    const item = yaml.isSeq(holder) && typeof key === 'number' ? holder.items[key] : undefined;
    const found = pair?.key ?? item;
    if (!yaml.isNode(found)) break;
    offset = found.range?.[0] ?? offset;
    node = pair === undefined ? item : pair.value;
  }
  return placeOf(lines, offset);
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
