import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Report } from '../gate/finding.js';
import { imageReports, reportsByImage } from '../gate/images.js';
import { parseInstant } from '../gate/instant.js';
import { readReport } from '../gate/read-report.js';
import { verdictOf } from '../gate/verdict.js';
import type { ImageLock } from '../lock/lock.js';
import { loadLock } from '../lock/parse.js';
import { loadPolicy } from '../policy/load.js';
import { isPatchwayError, PatchwayError, type Problem } from '../problem.js';
import { checkIdentity } from './gate-identity.js';
import { gateJson } from './gate-json.js';
import { lockedImages } from './gate-lock.js';
import type { GatedImage, GateResult } from './gate-result.js';
import { gateText } from './gate-text.js';
import { gateWarnings } from './gate-warnings.js';
import type { Io } from './io.js';

export interface GateOptions {
  /** The policy's file. */
  readonly policy: string;
  /** Report files; `-` is the standard input. */
  readonly report: readonly string[];
  /** The image that all reports are about, where they cannot know it. @default each report's own */
  readonly image?: string;
  /** The stage whose lock entries count. @default any */
  readonly stage?: string;
  /** The lock's file: release times, and which digests are one image. @default none */
  readonly lock?: string;
  /** RFC 3339. @default now */
  readonly asOf?: string;
  /** `text` or `json`. @default text */
  readonly format?: string;
}

/**
 * `patchway gate`: judges every image that the reports are about, prints the verdict, and returns the exit code:
 * 0 where the gate is open, 2 where it is closed. Bad input prints no verdict at all.
 *
 * @throws PatchwayError 65 for reports, policies, locks and instants that cannot be read, 64 for options that do not exist
 */
export async function gate(options: GateOptions, io: Io): Promise<0 | 2> {
  const print = printerOf(options.format ?? 'text');
  const asOf = asOfMs(options.asOf, io);
  const policy = loadPolicy(resolve(io.cwd, options.policy));
  if (options.stage !== undefined && !policy.stages.some(({ name }) => name === options.stage)) {
    const names = policy.stages.map(({ name }) => name).join(', ');
    throw new PatchwayError(`--stage ${options.stage}: the policy has no such stage; it has ${names}.`, { exitCode: 64 });
  }
  const lock = options.lock === undefined ? undefined : loadLock(resolve(io.cwd, options.lock));
  const reports = await readReports(options.report, io);
  const images = judgedImages(reports, options, lock, (group, releasedAt) =>
    verdictOf(policy.gate, group, { asOf, firstSeen: {}, ...(releasedAt === undefined ? {} : { releasedAt }) }),
  );
  const result: GateResult = { policy, asOf, images, warnings: gateWarnings(policy, images) };
  for (const warning of result.warnings) io.err(`warning: ${warning}\n`);
  io.out(print(result, io.color));
  return images.every(({ verdict }) => verdict.allowed) ? 0 : 2;
}

function printerOf(format: string): (result: GateResult, color: boolean) => string {
  if (format === 'text') return gateText;
  if (format === 'json') return gateJson;
  throw new PatchwayError(`--format ${format}: there is no such format; there are text and json.`, { exitCode: 64 });
}

function asOfMs(written: string | undefined, io: Io): number {
  if (written === undefined) return io.now();
  const instant = parseInstant(written);
  if (instant !== undefined) return instant;
  throw new PatchwayError(`--as-of ${written}: this is not an instant. Write it in RFC 3339 with its offset: 2026-11-21T09:30:00Z.`, {
    exitCode: 65,
  });
}

/** Reads every report before it complains, so that all bad ones are named at once. */
async function readReports(files: readonly string[], io: Io): Promise<readonly Report[]> {
  if (files.length === 0) throw new PatchwayError('--report: name at least one report, or - for the standard input.', { exitCode: 64 });
  const reports: Report[] = [];
  const messages: string[] = [];
  const problems: Problem[] = [];
  for (const file of new Set(files)) {
    try {
      reports.push(file === '-' ? readReport(await io.stdin(), 'standard input') : readReport(fileText(file, io), file));
    } catch (error) {
      if (!isPatchwayError(error)) throw error;
      messages.push(error.message);
      problems.push(...error.problems);
    }
  }
  if (messages.length > 0) throw new PatchwayError(messages.join('\n'), { exitCode: 65, problems });
  return reports;
}

function fileText(file: string, io: Io): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PatchwayError(`${file}: the report cannot be read: ${reason}`, { exitCode: 65, cause: error });
  }
}

function judgedImages(
  reports: readonly Report[],
  { image, stage }: GateOptions,
  lock: ImageLock | undefined,
  judge: (reports: readonly Report[], releasedAt: string | undefined) => GatedImage['verdict'],
): readonly GatedImage[] {
  const locked = lock === undefined ? [] : lockedImages(lock, stage);
  const sameImage = locked.map(({ digests }) => digests);
  if (image !== undefined) checkIdentity(image, reports, sameImage);
  const groups = image === undefined ? reportsByImage(reports, sameImage) : [imageReports(reports, image)];
  return groups.map((group) => {
    const entry = locked.find(({ digests, names }) => overlap(digests, group.digests) || names.has(group.image ?? ''));
    return { ...group, verdict: judge(group.reports, entry?.releasedAt) };
  });
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.some((element) => b.includes(element));
}
