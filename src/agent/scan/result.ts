import { stripVTControlCharacters } from 'node:util';
import type { ScannerRun } from '../../gate/evidence.js';
import type { Report } from '../../gate/finding.js';
import { instantOf } from '../../gate/instant.js';
import { readReport } from '../../gate/read-report.js';
import { formatDuration } from '../../policy/duration.js';
import type { Milliseconds, ScannerKind } from '../../policy/policy.js';
import { isPatchwayError } from '../../problem.js';
import { SCANNER_ENGINES } from '../../scan/engines.js';
import { REPORT, scratchOf } from '../../scan/files.js';
import { recordOf } from '../registry/credentials.js';
import type { ScannerEnd } from './wait.js';

/** Reads a text file; rejects where there is none. */
export type ReadText = (file: string) => Promise<string>;

/** A scanner's part in the evidence, and its report where it is whole. */
export interface ScannerResult {
  readonly run: ScannerRun;
  readonly report?: Report;
}

/** What came of a scanner: `ok` only where it ended well and left a whole report of its own. */
export async function resultOf(kind: ScannerKind, end: ScannerEnd, timeout: Milliseconds, read: ReadText): Promise<ScannerResult> {
  const trouble = troubleOf(end, kind, timeout);
  if (trouble !== undefined) return { run: { kind, ...trouble } };
  const file = `${scratchOf(kind)}/${REPORT}`;
  try {
    const report = readReport(await read(file), `${kind}'s report`);
    if (report.scanner !== kind) return { run: { kind, status: 'failed', message: `its report was written by ${report.scanner}` } };
    const databaseBuiltAt = report.databaseBuiltAt ?? (await databaseDate(kind, read));
    return {
      run: {
        kind,
        ...(report.scannerVersion === undefined ? {} : { version: report.scannerVersion }),
        status: 'ok',
        ...(databaseBuiltAt === undefined ? {} : { databaseBuiltAt }),
      },
      report,
    };
  } catch (error) {
    const missing = `it ended well but left no report at ${file}`;
    return { run: { kind, status: 'failed', message: isPatchwayError(error) ? oneLine(error.message) : missing } };
  }
}

/** What kept a scanner's container from a good end; undefined where nothing did. */
export function troubleOf(end: ScannerEnd, kind: ScannerKind, timeout: Milliseconds): Pick<ScannerRun, 'status' | 'message'> | undefined {
  if (end.state === 'open') return { status: 'timeout', message: `not done within ${formatDuration(timeout)} (scan.timeout): ${end.why}` };
  return end.exitCode === 0 ? undefined : { status: 'failed', message: failure(kind, end) };
}

function failure(kind: ScannerKind, { exitCode, reason, said }: Extract<ScannerEnd, { state: 'ended' }>): string {
  if (reason === 'OOMKilled') {
    return `it took more memory than its limit and was killed (OOMKilled): raise resources.limits.memory of ${kind} in scan.scanners`;
  }
  const last = oneLine(said);
  return `exit code ${exitCode}${last === '' ? '' : `: ${last}`}`;
}

/** When the database was built, from beside it, where the report does not have it. */
async function databaseDate(kind: ScannerKind, read: ReadText): Promise<string | undefined> {
  const place = SCANNER_ENGINES[kind].program?.databaseDate;
  if (place === undefined) return undefined;
  const text = await read(`${scratchOf(kind)}/${place.file}`).catch(() => '');
  try {
    const date = recordOf(JSON.parse(text))[place.field];
    return typeof date === 'string' ? instantOf(date) : undefined;
  } catch {
    return undefined;
  }
}

/** What is kept of a message, in characters: the end says what went wrong. */
const KEPT = 600;

/** Colours and line ends gone, and where it is long only its end. */
export function oneLine(text: string): string {
  const plain = stripVTControlCharacters(text).replace(/\s+/g, ' ').trim();
  return plain.length <= KEPT ? plain : `… ${plain.slice(-KEPT)}`;
}
