import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../problem.js';
import { spliced } from '../yaml-text.js';
import { editDocument } from './yaml-edit.js';
import { readStream, type YamlStream } from './yaml-stream.js';

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
  const changes = stream.documents.map(({ document, value }, index) => editDocument(text, document, value, wanted[index]));
  const refused = changes.flatMap((change) => change.refused);
  if (refused.length > 0) return { problems: refused.map(({ offset, message }) => problem(file, stream.lineAt(offset), message)) };
  const splices = changes.flatMap((change) => change.splices);
  if (splices.length === 0) return { text };
  const result = spliced(text, splices);
  // YAML has more ways to write a thing than anybody knows: what was written is read before it is believed.
  const { documents } = readStream(result, file);
  const wrong = stream.documents.filter((_, index) => !isDeepStrictEqual(documents[index]?.value, wanted[index]));
  if (wrong.length === 0 && documents.length === stream.documents.length) return { text: result };
  return { problems: wrong.map(({ lineOf }) => problem(file, lineOf([]), MISREAD)) };
}

const MISREAD = 'This document is written in a way that cannot be edited in place: write it more plainly, without anchors and tags.';

function problem(file: string, line: number, message: string): Problem {
  return { path: '', message, severity: 'error', file, line, column: 1 };
}
