import { badInput, type Problem } from '../problem.js';
import { type Parsed, parsePolicy } from './parse.js';
import type { Policy } from './policy.js';
import { readYaml } from './read-yaml.js';

/**
 * The policy in a YAML or JSON file; a relative path starts at the working directory.
 *
 * @throws PatchwayError (exit code 65) with every problem, its line and its column.
 */
export function loadPolicy(file: string): Policy {
  const parsed = readPolicyFile(file, file);
  if (parsed.policy === undefined) throw badInput(`The policy ${file}`, parsed.problems);
  return parsed.policy;
}

/** The policy in a file, or why it is none; problems name the file as `shown`. */
export function readPolicyFile(file: string, shown: string): Parsed {
  try {
    return readPolicy(process.getBuiltinModule('node:fs').readFileSync(file, 'utf8'), shown);
  } catch (error) {
    return { problems: [unreadable(error, shown)] };
  }
}

/** The policy in the text of a YAML or JSON file, or why it is none. */
export function readPolicy(text: string, file: string): Parsed {
  const read = readYaml(text, file);
  return 'problems' in read ? read : parsePolicy(withoutSchema(read.value), { file, locate: read.locate });
}

/** `$schema` tells editors where the JSON Schema is, and says nothing about the policy. */
function withoutSchema(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$schema' in value)) return value;
  const { $schema: _, ...policy } = value;
  return policy;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EACCES: 'The file may not be read.',
  EISDIR: 'This is a directory, not a file.',
};

function unreadable(error: unknown, file: string): Problem {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
  return { path: '', message: REASONS[error.code] ?? `The file cannot be read: ${error.message}.`, severity: 'error', file };
}
