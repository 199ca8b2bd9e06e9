import { existsSync, readFileSync } from 'node:fs';
import { dig } from '../../manifest/dig.js';
import { badInput } from '../../problem.js';
import type { PromotionState } from '../../promotion/state.js';

/** What was refused, by stage. */
export type RefusedByStage = Readonly<Record<string, PromotionState['refused']>>;

/**
 * Reads what git says was refused; no file is nothing.
 * @throws PatchwayError 65 where it is something else
 */
export function readRefused(path: string, name: string): RefusedByStage {
  if (!existsSync(path)) return {};
  const value = parsed(readFileSync(path, 'utf8'), name);
  const stages = dig(value, 'refused');
  if (dig(value, 'schemaVersion') !== 1 || !isByStage(stages)) {
    throw wrong(
      name,
      'This is not a list of refused digests. Write { "schemaVersion": 1, "refused": { "<stage>": [{ "digest", "reason", "at" }] } }.',
    );
  }
  return stages;
}

/** The file's text with a stage's refusals, one a line, the others as they are. */
export function refusedText(all: RefusedByStage, stage: string, refused: PromotionState['refused']): string {
  return `${JSON.stringify({ schemaVersion: 1, refused: { ...all, [stage]: refused } }, undefined, 2)}\n`;
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(name, `This is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function wrong(file: string, message: string) {
  return badInput(file, [{ path: '', message, severity: 'error', file }]);
}

function isByStage(value: unknown): value is RefusedByStage {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every(
    (list: unknown) =>
      Array.isArray(list) &&
      list.every((each: unknown) => ['digest', 'reason', 'at'].every((field) => typeof dig(each, field) === 'string')),
  );
}
