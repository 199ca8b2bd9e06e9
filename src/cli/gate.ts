import { resolve } from 'node:path';
import { exceptionUses } from '../gate/exception-use.js';
import type { ImageScope } from '../gate/exceptions.js';
import type { Report } from '../gate/finding.js';
import { imageReports, reportsByImage } from '../gate/images.js';
import { parseInstant } from '../gate/instant.js';
import { type ImageVerdict, verdictOf } from '../gate/verdict.js';
import type { ImageLock } from '../lock/lock.js';
import { loadLock } from '../lock/parse.js';
import { parseDuration } from '../policy/duration.js';
import { loadPolicy } from '../policy/load.js';
import type { Milliseconds, Policy } from '../policy/policy.js';
import { gateOf } from '../policy/stage-gate.js';
import { PatchwayError } from '../problem.js';
import { readReports, readVexFiles, readVulnrichmentFiles } from './gate-files.js';
import { checkIdentity } from './gate-identity.js';
import { gateJson } from './gate-json.js';
import { gateJunit } from './gate-junit.js';
import { lockedImages } from './gate-lock.js';
import { gateMarkdown } from './gate-markdown.js';
import { declaredRemedies, remedyOf } from './gate-remedy.js';
import { type GatedImage, type GateResult, imagesByUrgency, nameOf } from './gate-result.js';
import { gateSarif } from './gate-sarif.js';
import { imageScopeOf } from './gate-scope.js';
import { gateText } from './gate-text.js';
import { excuseWarnings, gateWarnings } from './gate-warnings.js';
import type { Io } from './io.js';

export interface GateOptions {
  /** The policy's file. */
  readonly policy: string;
  /** Report files; `-` is the standard input. */
  readonly report: readonly string[];
  /** The image that all reports are about, where they cannot know it. @default each report's own */
  readonly image?: string;
  /** The stage whose lock entries, exceptions and exposure count. @default any lock entry, exceptions for every stage alone, the most exposed */
  readonly stage?: string;
  /** The lock's file: release times, and which digests are one image. @default none */
  readonly lock?: string;
  /** Manifests of the workloads that run the images: what they ask for when a verdict is red. @default none */
  readonly workloads?: readonly string[];
  /** OpenVEX documents; `-` is the standard input. @default none */
  readonly vex?: readonly string[];
  /** CVE records of CISA's Vulnrichment, for presets; `-` is the standard input. @default none: CVSS vectors say what they can */
  readonly vulnrichment?: readonly string[];
  /** How long before its end an exception is listed as expiring. @default 14d */
  readonly expiring?: string;
  /** RFC 3339. @default now */
  readonly asOf?: string;
  /** `text`, `json`, `sarif`, `junit` or `markdown`. @default text */
  readonly format?: string;
}

/**
 * `patchway gate`: judges every image that the reports are about, prints the verdict, and returns the exit code:
 * 0 where the gate is open, 2 where it is closed. Bad input prints no verdict at all.
 *
 * @throws PatchwayError 65 for reports, policies, locks, manifests, VEX documents, Vulnrichment records and instants that cannot be read, 64 for options that do not exist
 */
export async function gate(options: GateOptions, io: Io): Promise<0 | 2> {
  const print = printerOf(options.format ?? 'text');
  const asOf = asOfMs(options.asOf, io);
  const policy = loadPolicy(resolve(io.cwd, options.policy));
  checkStage(policy, options.stage);
  const soon = durationOf(options.expiring ?? '14d');
  const lock = options.lock === undefined ? undefined : loadLock(resolve(io.cwd, options.lock));
  const remedies = declaredRemedies(options.workloads ?? [], io);
  const reports = await readReports(options.report, io);
  const vex = await readVexFiles(options.vex ?? [], io);
  const vulnrichment = await readVulnrichmentFiles(options.vulnrichment ?? [], io);
  const { exceptions = [] } = policy;
  const rules = gateOf(policy, options.stage);
  const judged = judgedImages(reports, options, { lock, remedies }, (group, image, releasedAt) => {
    const context = { asOf, firstSeen: {}, vulnrichment, ...(releasedAt === undefined ? {} : { releasedAt }) };
    return verdictOf(rules, group, context, { image, exceptions, vex });
  });
  const images = imagesByUrgency(judged);
  const scoped = judged.map((image) => ({ name: nameOf(image), scope: image.scope, findings: image.verdict.findings }));
  const uses = exceptionUses(exceptions, scoped, asOf, soon);
  const warnings = [...gateWarnings(policy, images), ...excuseWarnings(policy, options.stage, vex, images)];
  const result: GateResult = { policy, asOf, images, exceptions: uses, warnings };
  for (const warning of result.warnings) io.err(`warning: ${warning}\n`);
  io.out(print(result, io.color));
  return images.every(({ verdict }) => verdict.allowed) ? 0 : 2;
}

const PRINTERS: ReadonlyMap<string, (result: GateResult, color: boolean) => string> = new Map([
  ['text', gateText],
  ['json', gateJson],
  ['sarif', gateSarif],
  ['junit', gateJunit],
  ['markdown', gateMarkdown],
]);

function printerOf(format: string): (result: GateResult, color: boolean) => string {
  const printer = PRINTERS.get(format);
  if (printer !== undefined) return printer;
  const names = [...PRINTERS.keys()].join(', ');
  throw new PatchwayError(`--format ${format}: there is no such format; there are ${names}.`, { exitCode: 64 });
}

function checkStage(policy: Policy, stage: string | undefined): void {
  if (stage === undefined || policy.stages.some(({ name }) => name === stage)) return;
  const names = policy.stages.map(({ name }) => name).join(', ');
  throw new PatchwayError(`--stage ${stage}: the policy has no such stage; it has ${names}.`, { exitCode: 64 });
}

function durationOf(written: string): Milliseconds {
  const duration = parseDuration(written);
  if (duration !== undefined) return duration;
  throw new PatchwayError(`--expiring ${written}: this is not a duration. Write a whole number and a unit: 14d.`, { exitCode: 64 });
}

function asOfMs(written: string | undefined, io: Io): number {
  if (written === undefined) return io.now();
  const instant = parseInstant(written);
  if (instant !== undefined) return instant;
  throw new PatchwayError(`--as-of ${written}: this is not an instant. Write it in RFC 3339 with its offset: 2026-11-21T09:30:00Z.`, {
    exitCode: 65,
  });
}

function judgedImages(
  reports: readonly Report[],
  { image, stage }: GateOptions,
  { lock, remedies }: { readonly lock: ImageLock | undefined; readonly remedies: ReturnType<typeof declaredRemedies> },
  judge: (reports: readonly Report[], scope: ImageScope, releasedAt: string | undefined) => ImageVerdict,
): readonly (GatedImage & { readonly scope: ImageScope })[] {
  const locked = lock === undefined ? [] : lockedImages(lock, stage);
  const sameImage = locked.map(({ digests }) => digests);
  if (image !== undefined) checkIdentity(image, reports, sameImage);
  const groups = image === undefined ? reportsByImage(reports, sameImage) : [imageReports(reports, image)];
  return groups.map((group) => {
    const entry = locked.find(({ digests, names }) => overlap(digests, group.digests) || names.has(group.image ?? ''));
    const scope = imageScopeOf(group, entry, stage);
    const remedy = remedyOf(remedies, scope, entry);
    const verdict = judge(group.reports, scope, entry?.releasedAt);
    return { ...group, scope, verdict, ...(remedy === undefined ? {} : { remedy }) };
  });
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.some((element) => b.includes(element));
}
