import { badInput, type PatchwayError, type Problem } from '../problem.js';
import type { Report } from './finding.js';
import { isObject, root } from './json.js';
import { clair } from './scanners/clair.js';
import { grype } from './scanners/grype.js';
import type { ScannerFormat } from './scanners/scanner.js';
import { trivy } from './scanners/trivy.js';

/** Every scanner whose reports are understood. */
export const SCANNER_FORMATS: readonly ScannerFormat[] = [trivy, grype, clair];

/**
 * Reads one scanner's JSON report and normalises it; which scanner's it is, the report says.
 * `source` names it in errors, mostly its path.
 *
 * @throws PatchwayError (65) that names source, JSON path and reason, for anything that is not a whole report
 */
export function readReport(text: string, source: string): Report {
  const document = parseJson(text, source);
  const format = isObject(document) ? SCANNER_FORMATS.find((candidate) => candidate.recognises(document)) : undefined;
  if (format === undefined) throw bad(source, { path: '$', message: foreign(document) });
  return format.read(root(document, source));
}

function parseJson(text: string, source: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  if (json.trim() === '') {
    throw bad(source, {
      message: 'The report is empty: the scanner wrote nothing, so it failed or was stopped. Look at what it printed and scan again.',
    });
  }
  try {
    return JSON.parse(json);
  } catch (error) {
    throw bad(source, { message: notJson(json, error instanceof Error ? error.message : String(error)), ...whereIn(json, error) });
  }
}

function notJson(json: string, reason: string): string {
  if (!/^\s*[[{]/.test(json)) return `This is not JSON. Tell the scanner to write it: ${commands()}.`;
  if (/end of JSON|Unterminated/.test(reason) || endsThere(json, reason)) {
    return 'The report is cut off: its JSON ends in the middle. The scanner was stopped or the disk was full: scan again.';
  }
  return `This is not whole JSON (${reason}). Scan again.`;
}

function endsThere(json: string, reason: string): boolean {
  const position = positionIn(reason);
  return position !== undefined && position >= json.trimEnd().length;
}

function positionIn(reason: string): number | undefined {
  const digits = /at position (\d+)/.exec(reason)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function whereIn(json: string, error: unknown): Pick<Problem, 'line' | 'column'> {
  const position = error instanceof Error ? positionIn(error.message) : undefined;
  if (position === undefined) return {};
  const before = json.slice(0, position).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Documents that are taken for a report by mistake, by a member that only they have. */
const FOREIGN: readonly (readonly [member: string, name: string])[] = [
  ['manifest_hash', 'an index report of Clair'],
  ['runs', 'a SARIF log'],
  ['ClusterName', 'a report of "trivy k8s" on a cluster'],
  ['statements', 'an OpenVEX document'],
  ['vulnerabilities', "another scanner's report"],
];

/** Lists of what is in an image, by a member that only they have; scanners take them in an image's place. */
const SBOMS: readonly (readonly [member: string, name: string])[] = [
  ['bomFormat', 'a CycloneDX SBOM'],
  ['spdxVersion', 'an SPDX SBOM'],
  ['artifacts', 'an SBOM of Syft'],
];

function foreign(document: unknown): string {
  const sbom = isObject(document) ? SBOMS.find(([member]) => member in document)?.[1] : undefined;
  if (sbom !== undefined) {
    return `This is ${sbom}: it says what is in an image, not what is wrong with it. Scan it, an SBOM that Syft made with "grype sbom:SBOM --output json --file REPORT", one that Trivy made with "trivy sbom --format json --output REPORT SBOM", and give the gate that report.`;
  }
  const name = isObject(document) ? FOREIGN.find(([member]) => member in document)?.[1] : undefined;
  const what = name === undefined ? 'This is no report of a scanner that is understood.' : `This is ${name}, which the gate does not read.`;
  return `${what} Give it one image's report, as made by: ${commands()}.`;
}

function commands(): string {
  return SCANNER_FORMATS.map((format) => format.command).join(', or: ');
}

function bad(source: string, problem: Pick<Problem, 'message' | 'line' | 'column'> & { readonly path?: string }): PatchwayError {
  return badInput(source, [{ path: '', ...problem, file: source, severity: 'error' }]);
}
