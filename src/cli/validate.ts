import { resolve } from 'node:path';
import { readPolicy, readPolicyFile } from '../policy/load.js';
import type { Parsed } from '../policy/parse.js';
import { formatProblem, PatchwayError, type Problem } from '../problem.js';
import type { Io } from './io.js';

export interface ValidateOptions {
  /** `text` or `json`. @default text */
  readonly format?: string;
}

/**
 * `patchway validate`: prints every problem of every policy, warnings too, with its file, line and column.
 * Results in the exit code: 0 where no policy has an error, else 65.
 *
 * @param files YAML or JSON files; `-` is the standard input.
 * @throws PatchwayError 64 where no file is named or the format does not exist
 */
export async function validate(files: readonly string[], io: Io, { format = 'text' }: ValidateOptions = {}): Promise<0 | 65> {
  if (files.length === 0) throw new PatchwayError('validate: name the policies to validate.', { exitCode: 64 });
  if (format !== 'text' && format !== 'json') throw new PatchwayError(`--format ${format}: use text or json.`, { exitCode: 64 });
  const results: Result[] = [];
  for (const file of files) results.push({ file, ...(await read(file, io)) });
  io.out(format === 'json' ? json(results) : results.flatMap(({ problems }) => problems.map((p) => text(p, io.color))).join(''));
  if (format === 'text') io.err(results.map(summary).join(''));
  return results.every(({ policy }) => policy !== undefined) ? 0 : 65;
}

interface Result extends Parsed {
  readonly file: string;
}

async function read(file: string, io: Io): Promise<Parsed> {
  return file === '-' ? readPolicy(await io.stdin(), 'standard input') : readPolicyFile(resolve(io.cwd, file), file);
}

function json(results: readonly Result[]): string {
  const policies = results.map(({ file, policy, problems }) => ({ file, valid: policy !== undefined, problems }));
  return `${JSON.stringify({ policies }, null, 2)}\n`;
}

const COLOURS = { error: '\u001b[31merror\u001b[0m', warning: '\u001b[33mwarning\u001b[0m' } as const;

/** `policy.yaml:12:5: error: stages[1].soak: …`, as editors recognise it. */
function text({ file, line, column, ...problem }: Problem, color: boolean): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${color ? COLOURS[problem.severity] : problem.severity}: ${formatProblem(problem)}\n`;
}

function summary({ file, policy, problems }: Result): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const counts = [counted(errors, 'error'), counted(problems.length - errors, 'warning')].filter((part) => part !== '').join(', ');
  if (policy === undefined) return `${file}: invalid (${counts})\n`;
  return `${file}: valid${counts === '' ? '' : ` (${counts})`}\n`;
}

function counted(count: number, what: string): string {
  if (count === 0) return '';
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
