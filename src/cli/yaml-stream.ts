import type { Document, LineCounter } from 'yaml';
import { dig } from '../manifest/dig.js';
import type { Path } from '../policy/path.js';
import { explain, locate } from '../policy/read-yaml.js';
import type { Problem } from '../problem.js';
import { yamlLibrary } from '../yaml-library.js';
import { startOf } from '../yaml-text.js';

/** A stream of YAML documents, as Kubernetes reads it. */
export interface YamlStream {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly Problem[];
  /** 1-based: the line of a place in the text. */
  readonly lineAt: (offset: number) => number;
}

export interface YamlDocument {
  readonly document: Document;
  readonly value: unknown;
  /** The objects in it: itself, or what it lists. */
  readonly objects: readonly PlacedObject[];
  /** 1-based: where a field is, or the nearest part around it that exists. */
  readonly lineOf: (path: Path) => number;
}

export interface PlacedObject {
  /** With the kind that its list gives it, where it says none itself. */
  readonly object: unknown;
  readonly written: unknown;
  /** From the document's top. */
  readonly at: Path;
}

/** What Kubernetes' reader takes for plain text, and YAML 1.1 for a time. */
const TIMES = ['tag:yaml.org,2002:timestamp'];

/** Reads every document of a text; everything that is wrong with it is told at once, and documents without content are left out. */
export function readStream(text: string, file: string): YamlStream {
  const yaml = yamlLibrary();
  const lines = new yaml.LineCounter();
  const parsed = yaml.parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Kubernetes reads YAML 1.1, where `defaultMode: 0644` is octal.
    version: '1.1',
    merge: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !(TIMES.includes(tag.tag) || tag.format === 'TIME')),
  });
  const documents: YamlDocument[] = [];
  const problems: Problem[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const read = readDocument(document, text, lines);
    problems.push(...read.faults.map(({ message, offset }) => problemAt(lines, offset, message, file)));
    if (read.document !== undefined) documents.push(read.document);
  }
  return { documents, problems, lineAt: (offset) => Math.max(1, lines.linePos(offset).line) };
}

interface Fault {
  readonly message: string;
  readonly offset: number;
}

function readDocument(document: Document, text: string, lines: LineCounter): { document?: YamlDocument; faults: readonly Fault[] } {
  const { errors, contents } = document;
  const template = templateIn(document, text);
  if (template !== undefined) return { faults: [template] };
  if (errors.length > 0) return { faults: errors.map((error) => ({ message: explain(error), offset: error.pos[0] })) };
  if (contents === null) return { faults: [] };
  try {
    const value: unknown = document.toJS();
    const lineOf = (path: Path) => locate(yamlLibrary(), document, lines, path).line;
    return { document: { document, value, objects: objectsIn(value, []), lineOf }, faults: [] };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { faults: [{ message: `An alias cannot be followed: ${error.message}.`, offset: startOf(contents) }] };
  }
}

/** A template's `{{ }}`: it opens a map whose key is a map, which no Kubernetes object has. */
function templateIn(document: Document, text: string): Fault | undefined {
  const yaml = yamlLibrary();
  const [from, , to] = document.range ?? [0, 0, 0];
  // After an error, a document may end before what it was meant to hold.
  if (document.errors.length === 0 && !text.slice(from, to).includes('{{')) return undefined;
  let offset: number | undefined;
  yaml.visit(document, {
    Pair: (_, { key }) => {
      if (!yaml.isMap(key) || key.flow !== true) return undefined;
      offset = startOf(key);
      return yaml.visit.BREAK;
    },
  });
  return offset === undefined ? undefined : { message: TEMPLATE, offset };
}

const TEMPLATE = 'This is a template that was left unrendered: render it first, with `helm template` for one.';

function objectsIn(written: unknown, at: Path, inherited: object = {}): readonly PlacedObject[] {
  if (written === null) return [];
  const object = isObject(written) ? { ...inherited, ...written } : written;
  const kind = dig(object, 'kind');
  const items = dig(object, 'items');
  if (!(typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))) return [{ object, written, at }];
  const named =
    kind === 'List' || kind === 'ResourceList' ? {} : { apiVersion: dig(object, 'apiVersion'), kind: kind.slice(0, -'List'.length) };
  return items.flatMap((item: unknown, index) => objectsIn(item, [...at, 'items', index], named));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problemAt(lines: LineCounter, offset: number, message: string, file: string): Problem {
  const { line, col } = lines.linePos(offset);
  return { path: '', message, severity: 'error', file, line: Math.max(1, line), column: Math.max(1, col) };
}
