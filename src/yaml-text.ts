import type { Node, Pair } from 'yaml';

/** One stretch of a text with what is to stand there instead. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with its splices made. Of those that start at one place the shorter comes first, then the one that was asked for first. */
export function spliced(text: string, splices: readonly Splice[]): string {
  let at = 0;
  const parts: string[] = [];
  for (const { start, end, text: inserted } of [...splices].sort((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(text.slice(at, start), inserted);
    at = end;
  }
  return [...parts, text.slice(at)].join('');
}

/** Where a node of a parsed document starts, behind its anchor and tag. */
export function startOf(node: unknown): number {
  return rangeOf(node)[0];
}

export function endOf(node: unknown): number {
  return rangeOf(node)[1];
}

/** Where a node's or pair's last character ends; a block collection's own range would include what follows it. */
export function lastOffset(node: Node | Pair): number {
  if ('key' in node && 'value' in node) return Math.max(endOf(node.key), isNodeLike(node.value) ? lastOffset(node.value) : 0);
  const last: unknown = 'items' in node && node.flow !== true ? node.items.at(-1) : undefined;
  return isNodeLike(last) ? lastOffset(last) : endOf(node);
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the line of an offset ends, without its line break. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end === -1) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

function isNodeLike(value: unknown): value is Node | Pair {
  return typeof value === 'object' && value !== null && ('range' in value || 'key' in value);
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? [Number(range[0]), Number(range[1])] : [0, 0];
}
