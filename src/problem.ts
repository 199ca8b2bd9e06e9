/** One thing that is wrong with something a user wrote, in the terms of what they wrote. */
export interface Problem {
  /** Where: a path in the document (`stages[1].soak`), or a workload and field (`Deployment/web spec.template`). */
  readonly path: string;
  /** What is wrong, and what to do about it: one or two full sentences. */
  readonly message: string;
  /** What was expected, in words, when the message alone does not say it. */
  readonly expected?: string;
  /** What was found, as the user wrote it. */
  readonly received?: string;
  /** What to write instead. */
  readonly hint?: string;
  /** `error` stops the work, `warning` is only told. */
  readonly severity: 'error' | 'warning';
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
}

/** What the command line exits with: 1 failed, 2 the answer is no, 64 usage, 65 bad input. */
export type ExitCode = 1 | 2 | 64 | 65;

const MARK = Symbol.for('patchway.error');

/**
 * An error that is a message for a person: it is printed without a stack trace.
 * `problems` lists everything that is wrong, not only the first.
 */
export class PatchwayError extends Error {
  readonly [MARK] = true;
  readonly exitCode: ExitCode;
  readonly problems: readonly Problem[];

  constructor(
    message: string,
    options: { readonly exitCode?: ExitCode; readonly problems?: readonly Problem[]; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PatchwayError';
    this.exitCode = options.exitCode ?? 1;
    this.problems = options.problems ?? [];
  }
}

/** Whether an error was made by Patchway for a person to read, also by another loaded copy of the library. */
export function isPatchwayError(error: unknown): error is PatchwayError {
  return typeof error === 'object' && error !== null && MARK in error;
}

/** Bad input (exit code 65): every problem on a line of its own, with its place. */
export function badInput(subject: string, problems: readonly Problem[]): PatchwayError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new PatchwayError(`${subject}: ${count}\n${problems.map((p) => `  ${formatProblem(p)}`).join('\n')}`, { exitCode: 65, problems });
}

/** One problem as a line of text: place, path, message, what was received and expected, hint. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, message, expected, received, hint } = problem;
  const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}:${column ?? 1}`} `;
  const details = [expected && `expected ${expected}`, received && `received ${received}`].filter(Boolean).join(', ');
  return `${place}${path === '' ? '' : `${path}: `}${message}${details ? ` (${details})` : ''}${hint ? ` ${hint}` : ''}`;
}
