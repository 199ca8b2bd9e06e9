import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Problem } from '../problem.js';
import type { Io } from './io.js';
import { readStream } from './yaml-stream.js';

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

function parseManifests(text: string, file: string): ManifestFiles {
  const { documents, problems } = readStream(text, file);
  const manifests: WrittenManifest[] = [];
  const strangers: Problem[] = [];
  for (const { objects, lineOf } of documents) {
    const line = lineOf([]);
    for (const { object } of objects) {
      if (isManifest(object)) manifests.push({ manifest: object, file, line });
      else strangers.push({ path: '', message: lacking(object), severity: 'error', file, line, column: 1 });
    }
  }
  return { manifests, problems: [...problems, ...strangers] };
}

const NEEDED = [['apiVersion'], ['kind'], ['metadata', 'name']];

function isManifest(object: unknown): object is Manifest {
  return NEEDED.every((path) => typeof dig(object, ...path) === 'string');
}

function lacking(object: unknown): string {
  const missing = NEEDED.filter((path) => typeof dig(object, ...path) !== 'string').map((path) => path.join('.'));
  return `This is not a Kubernetes object: it has no ${missing.join(' and no ')}.`;
}
