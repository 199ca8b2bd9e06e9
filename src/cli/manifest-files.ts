import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Problem } from '../problem.js';
import { yamlLibrary } from '../yaml-library.js';
import type { Io } from './io.js';

/** A manifest with where it was written. */
export interface WrittenManifest {
  readonly manifest: Manifest;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

export interface ManifestFiles {
  readonly manifests: readonly WrittenManifest[];
  readonly problems: readonly Problem[];
}

/** Reads files of Kubernetes manifests, several documents and Lists included; everything that is wrong with them is told at once. */
export function readManifests(files: readonly string[], io: Io): ManifestFiles {
  const read = files.map((file) => readFile(file, io));
  return { manifests: read.flatMap((r) => r.manifests), problems: read.flatMap((r) => r.problems) };
}

function readFile(file: string, io: Io): ManifestFiles {
  try {
    return parseManifests(readFileSync(resolve(io.cwd, file), 'utf8'), file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { manifests: [], problems: [{ path: '', message: `It cannot be read: ${reason}`, severity: 'error', file }] };
  }
}

/** What Kubernetes' reader takes for plain text, and YAML 1.1 for a time. */
const TIMES = ['tag:yaml.org,2002:timestamp'];

function parseManifests(text: string, file: string): ManifestFiles {
  const yaml = yamlLibrary();
  const lineCounter = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    // Kubernetes reads YAML 1.1, where `defaultMode: 0644` is octal.
    version: '1.1',
    merge: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !(TIMES.includes(tag.tag) || tag.format === 'TIME')),
  });
  const manifests: WrittenManifest[] = [];
  const problems: Problem[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const lineOf = (offset: number) => lineCounter.linePos(offset).line;
    for (const { pos, message } of document.errors) {
      problems.push({ path: '', message: `Not YAML: ${message}`, severity: 'error', file, line: lineOf(pos[0]), column: 1 });
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const line = lineOf(document.contents.range?.[0] ?? 0);
    for (const object of itemsOf(document.toJS())) {
      if (isManifest(object)) manifests.push({ manifest: object, file, line });
      else problems.push({ path: '', message: lacking(object), severity: 'error', file, line, column: 1 });
    }
  }
  return { manifests, problems };
}

function itemsOf(object: unknown): readonly unknown[] {
  const items = dig(object, 'items');
  if (dig(object, 'kind') === 'List' && Array.isArray(items)) return items;
  return object === null ? [] : [object];
}

const NEEDED = [['apiVersion'], ['kind'], ['metadata', 'name']];

function isManifest(object: unknown): object is Manifest {
  return NEEDED.every((path) => typeof dig(object, ...path) === 'string');
}

function lacking(object: unknown): string {
  const missing = NEEDED.filter((path) => typeof dig(object, ...path) !== 'string').map((path) => path.join('.'));
  return `This is not a Kubernetes object: it has no ${missing.join(' and no ')}.`;
}
