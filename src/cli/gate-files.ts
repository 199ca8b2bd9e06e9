import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Report } from '../gate/finding.js';
import { readReport } from '../gate/read-report.js';
import { readVex } from '../gate/read-vex.js';
import type { VexStatement } from '../gate/vex.js';
import { mergeVulnrichment, readVulnrichment, type Vulnrichment } from '../gate/vulnrichment.js';
import { isPatchwayError, PatchwayError, type Problem } from '../problem.js';
import type { Io } from './io.js';

/** The scanners' reports in files; `-` is the standard input. @throws PatchwayError 65 that names every bad one, 64 without any file */
export async function readReports(files: readonly string[], io: Io): Promise<readonly Report[]> {
  if (files.length === 0) throw new PatchwayError('--report: name at least one report, or - for the standard input.', { exitCode: 64 });
  return readEach(files, 'report', readReport, io);
}

/** The statements of OpenVEX documents in files; `-` is the standard input. @throws PatchwayError 65 that names every bad one */
export async function readVexFiles(files: readonly string[], io: Io): Promise<readonly VexStatement[]> {
  return (await readEach(files, 'VEX document', readVex, io)).flat();
}

/** CISA's decision points in files; `-` is the standard input. @throws PatchwayError 65 that names every bad one */
export async function readVulnrichmentFiles(files: readonly string[], io: Io): Promise<Vulnrichment> {
  return mergeVulnrichment(await readEach(files, 'Vulnrichment record', readVulnrichment, io));
}

/** Reads every file before it complains, so that all bad ones are named at once. */
async function readEach<T>(
  files: readonly string[],
  what: string,
  read: (text: string, source: string) => T,
  io: Io,
): Promise<readonly T[]> {
  const results: T[] = [];
  const messages: string[] = [];
  const problems: Problem[] = [];
  for (const file of new Set(files)) {
    try {
      results.push(file === '-' ? read(await io.stdin(), 'standard input') : read(fileText(file, what, io), file));
    } catch (error) {
      if (!isPatchwayError(error)) throw error;
      messages.push(error.message);
      problems.push(...error.problems);
    }
  }
  if (messages.length > 0) throw new PatchwayError(messages.join('\n'), { exitCode: 65, problems });
  return results;
}

/** @throws PatchwayError 65 where the file cannot be read */
export function fileText(file: string, what: string, io: Io): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PatchwayError(`${file}: the ${what} cannot be read: ${reason}`, { exitCode: 65, cause: error });
  }
}
