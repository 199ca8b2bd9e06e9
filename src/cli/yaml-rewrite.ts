import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../problem.js';
import { type Splice, spliced } from '../yaml-text.js';
import { editDocument } from './yaml-edit.js';
import { readStream, type YamlDocument, type YamlStream } from './yaml-stream.js';

/**
 * The text of a stream whose documents say what is wanted, changed only where they do not; or why it cannot be had.
 *
 * @param wanted a value for each of the stream's documents: the same object where nothing changes
 */
export function rewrite(
  text: string,
  stream: YamlStream,
  wanted: readonly unknown[],
  file: string,
): { readonly text: string } | { readonly problems: readonly Problem[] } {
  const edits = stream.documents.flatMap((document, index) =>
    document.value === wanted[index]
      ? []
      : [{ document, wanted: wanted[index], ...editDocument(text, document.document, document.value, wanted[index]) }],
  );
  const refused = edits.flatMap((edit) => edit.refused);
  if (refused.length > 0) return { problems: refused.map(({ offset, message }) => problem(file, stream.lineAt(offset), message)) };
  const wrong = edits.filter((edit) => !says(text, edit));
  if (wrong.length > 0) return { problems: wrong.map(({ document }) => problem(file, document.lineOf([]), MISREAD)) };
  return {
    text: spliced(
      text,
      edits.flatMap(({ splices }) => splices),
    ),
  };
}

/** What parts of a document may share, or be read by. */
const FRAGILE = /[&*!]|^\s*\?\s/m;

/** YAML has more ways to write a thing than anybody knows: where a document is more than plain, what was written is read before it is believed. */
function says(
  text: string,
  { document, wanted, splices }: { document: YamlDocument; wanted: unknown; splices: readonly Splice[] },
): boolean {
  const [start, , end] = document.document.range ?? [0, 0, text.length];
  const source = text.slice(start, end);
  if (!FRAGILE.test(source)) return true;
  const moved = splices.map((splice) => ({ ...splice, start: splice.start - start, end: splice.end - start }));
  const { documents } = readStream(spliced(source, moved), '');
  return documents.length === 1 && isDeepStrictEqual(documents[0]?.value, wanted);
}

const MISREAD = 'This document is written in a way that cannot be edited in place: write it more plainly, without anchors and tags.';

function problem(file: string, line: number, message: string): Problem {
  return { path: '', message, severity: 'error', file, line, column: 1 };
}
