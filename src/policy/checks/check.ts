import type { Problem } from '../../problem.js';
import type { PolicyDocument, Window } from '../policy.js';

/** A policy that is being checked: what could be read of it, every default filled in. */
export interface Draft {
  readonly document: PolicyDocument;
  /** Whether everything at a path (`stages[1].soak`) could be read; what could not has its default in the document. */
  intact(path: string): boolean;
}

/** One rule about fields together. */
export type Check = (draft: Draft) => readonly Problem[];

export function error(path: string, message: string, hint: string): Problem {
  return { path, message, hint, severity: 'error' };
}

export function warning(path: string, message: string, hint: string): Problem {
  return { path, message, hint, severity: 'warning' };
}

/** A window and the path it was written at. */
export interface PlacedWindow {
  readonly path: string;
  readonly window: Window;
}

/** Every readable window where it was written: the policy's, and those of stages that have their own. */
export function writtenWindows({ document, intact }: Draft): readonly PlacedWindow[] {
  const own = document.stages.flatMap((stage, i) =>
    stage.windows === document.windows ? [] : stage.windows.map((window, j) => ({ path: `stages[${i}].windows[${j}]`, window })),
  );
  const shared = document.windows.map((window, i) => ({ path: `windows[${i}]`, window }));
  return [...shared, ...own].filter(({ path }) => intact(path));
}
