import { packageName } from '../gate/identity.js';
import { isObject } from '../gate/json.js';
import { parsePurl } from '../gate/purl.js';
import { toYaml } from '../manifest/yaml.js';
import { expiryOf } from '../policy/exceptions.js';
import { readYaml } from '../policy/read-yaml.js';
import { badInput, type Problem } from '../problem.js';
import { fileText } from './gate-files.js';
import type { Io } from './io.js';

export interface ImportOptions {
  /** Who accepts the findings: Trivy's file does not say. */
  readonly approvedBy: string;
  /** The end of those without `expired_at`: a date or an instant. @default they are refused */
  readonly expires?: string;
  /** The reason of those without `statement`. @default they are refused */
  readonly reason?: string;
}

/**
 * `patchway exceptions import`: prints what a `.trivyignore.yaml` ignores as the field `exceptions` of a policy. What an
 * exception cannot say as narrowly is left out and told: it must not become wider on the way.
 *
 * @throws PatchwayError 65 with every entry that has no end or no reason
 */
export async function importExceptions(file: string, options: ImportOptions, io: Io): Promise<0> {
  const read = readYaml(file === '-' ? await io.stdin() : fileText(file, 'file', io), file);
  if ('problems' in read) throw badInput(file, read.problems);
  const entries = entriesOf(read.value, file);
  const problems: Problem[] = expiryProblems(options);
  const exceptions: object[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = `vulnerabilities[${index}]`;
    const result = exceptionsOf(entry, path, options);
    for (const problem of result.problems) problems.push({ ...problem, file, ...read.locate(['vulnerabilities', index]) });
    for (const warning of result.warnings) io.err(`warning: ${file} ${path}: ${warning}\n`);
    exceptions.push(...result.exceptions);
  }
  if (problems.length > 0) throw badInput(file, problems);
  for (const section of otherSections(read.value)) io.err(`warning: ${file} ${section}: only vulnerabilities are imported\n`);
  if (exceptions.length === 0) io.err(`warning: ${file}: there is nothing to import\n`);
  io.out(toYaml([{ exceptions }]).replace(/^---\n/, ''));
  return 0;
}

function entriesOf(value: unknown, file: string): readonly unknown[] {
  const list = isObject(value) ? (value.vulnerabilities ?? []) : undefined;
  if (Array.isArray(list)) return list;
  const message = 'This is not a .trivyignore.yaml: it has no list of vulnerabilities.';
  throw badInput(file, [{ path: 'vulnerabilities', message, severity: 'error', file }]);
}

function otherSections(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value).filter((key) => key !== 'vulnerabilities') : [];
}

function expiryProblems({ expires }: ImportOptions): Problem[] {
  if (expires === undefined || expiryOf(expires, 'UTC') !== undefined) return [];
  return [{ path: '--expires', message: 'This is neither a date nor an instant.', received: expires, severity: 'error' }];
}

interface Imported {
  readonly exceptions: readonly object[];
  readonly warnings: readonly string[];
  readonly problems: readonly Problem[];
}

function exceptionsOf(entry: unknown, path: string, options: ImportOptions): Imported {
  if (!isObject(entry) || typeof entry.id !== 'string' || entry.id.trim() === '') {
    return { exceptions: [], warnings: [], problems: [error(`${path}.id`, 'This entry names no vulnerability.', 'Write its id.')] };
  }
  const { paths, purls = [], statement } = entry;
  if (Array.isArray(paths) && paths.length > 0) {
    const warning = `${entry.id} is ignored in some paths only, which an exception cannot say: it is left out`;
    return { exceptions: [], warnings: [warning], problems: [] };
  }
  const reason = typeof statement === 'string' && statement.trim() !== '' ? statement.trim() : options.reason;
  const end = endOf(entry.expired_at, options);
  const packages = packagesOf(Array.isArray(purls) ? purls : [purls]);
  const problems = [
    ...(reason === undefined ? [error(`${path}.statement`, `${entry.id} has no reason.`, 'Write one, or give --reason.')] : []),
    ...(end === undefined
      ? [error(`${path}.expired_at`, `${entry.id} has no end that can be read.`, 'Write one, or give --expires.')]
      : []),
    ...(packages.every((name) => name !== undefined)
      ? []
      : [error(`${path}.purls`, `${entry.id} has a package URL that cannot be read.`, 'Write it as pkg:apk/alpine/openssl.')]),
  ];
  const base = { vulnerability: entry.id.trim(), reason, approvedBy: options.approvedBy, expires: end };
  const { vulnerability, ...rest } = base;
  const exceptions = packages.length === 0 ? [base] : packages.map((name) => ({ vulnerability, package: name, ...rest }));
  const versioned = (Array.isArray(purls) ? purls : []).filter(
    (purl) => typeof purl === 'string' && parsePurl(purl)?.version !== undefined,
  );
  const warnings = [
    ...versioned.map((purl) => `${purl} names one version, the exception holds for every version of the package`),
    ...(/pkg:(apk|deb|rpm)\//.test(String(purls))
      ? ['exceptions name source packages (openssl, not libcrypto3): check what the gate lists as unused']
      : []),
  ];
  return { exceptions: problems.length > 0 ? [] : exceptions, warnings, problems };
}

/** Trivy ends at the beginning (UTC) of the day it names, a policy's date at its end: the instant is what is meant. */
function endOf(written: unknown, { expires }: ImportOptions): string | undefined {
  if (written === undefined || written === null) return expires;
  if (typeof written !== 'string' || expiryOf(written, 'UTC') === undefined) return undefined;
  return /^\d{4}-\d{2}-\d{2}$/.test(written) ? `${written}T00:00:00Z` : written;
}

function packagesOf(purls: readonly unknown[]): readonly (string | undefined)[] {
  const names = purls.map((purl) => (typeof purl === 'string' ? nameOf(purl) : undefined));
  return [...new Set(names)];
}

/** The package as verdicts name it, where the package URL tells. */
function nameOf(text: string): string | undefined {
  const purl = parsePurl(text);
  if (purl === undefined) return undefined;
  const scoped = purl.namespace !== '' && SCOPED.includes(purl.type);
  return packageName(scoped ? `${purl.namespace}/${purl.name}` : purl.name, text.replace(/%2F/gi, '/'));
}

/** Types whose packages are named with their namespace. */
const SCOPED: readonly string[] = ['npm', 'golang', 'composer'];

function error(path: string, message: string, hint: string): Problem {
  return { path, message, hint, severity: 'error' };
}
