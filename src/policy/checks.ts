import type { Problem } from '../problem.js';
import type { PolicyDocument } from './policy.js';

/** A policy that is being checked: what could be read of it, every default filled in. */
export interface Draft {
  readonly document: PolicyDocument;
  /** Whether everything at a path (`stages[1].soak`) could be read; what could not has its default in the document. */
  intact(path: string): boolean;
}

/** One rule about fields together. */
export type Check = (draft: Draft) => readonly Problem[];

const CHECKS: readonly Check[] = [];

/** What every rule finds. */
export function findings(draft: Draft): readonly Problem[] {
  return CHECKS.flatMap((check) => check(draft));
}
