import { readFile } from 'node:fs/promises';
import { addScan } from '../gate/build-evidence.js';
import { evidenceVerdict } from '../gate/evidence-verdict.js';
import { mergeFirstSeen } from '../gate/first-seen.js';
import { joinFindings } from '../gate/join.js';
import { judgeFindings } from '../gate/judge.js';
import { remedyFor } from '../manifest/remedy.js';
import type { ScanTarget } from '../manifest/stage-config.js';
import { gateOf } from '../policy/stage-gate.js';
import { PatchwayError } from '../problem.js';
import { podReporters, serverScanners } from '../scan/engines.js';
import { FILES } from '../scan/files.js';
import type { NewSbom } from '../scan/sbom.js';
import type { AgentContext, AgentRun } from './context.js';
import { askClair, type ClairEffects } from './scan/clair.js';
import { askForRebuild, type RebuildEffects } from './scan/rebuild.js';
import { type ReadText, resultOf, type ScannerResult } from './scan/result.js';
import { keepSbom, sbomOf } from './scan/sbom.js';
import { type Stored, store } from './scan/store.js';
import { summary } from './scan/summary.js';
import { type FetchedImage, podOf, targetOf } from './scan/target.js';
import { scanEnd, scannersEnd } from './scan/wait.js';

/**
 * Waits for the scanners, judges what they found and stores it as evidence. It ends well whatever the verdict is, and
 * whatever became of the scanners in its pod: then the evidence is incomplete, and says why. A server that gave no report
 * has no container whose end would fail the pod, so this one does.
 */
export const scanImage: AgentRun = (context) => scanWith(context, (file) => readFile(file, 'utf8'));

export async function scanWith(context: AgentContext, read: ReadText, clair?: ClairEffects, rebuild?: RebuildEffects): Promise<number> {
  const { policy } = context.config;
  const target = targetOf(context);
  const fetched = await whatWasFetched(read);
  const { results, sbom } = await resultsOf(context, target, fetched, read, clair);
  const at = context.now();
  const place = { namespace: podOf(context).namespace, name: target.evidence };
  const { evidence } = await store(context, place, (stored) => withScan(context, target, fetched, results, stored, at));
  const verdict = evidenceVerdict(policy, evidence, fetched.digest, at, context.config.stage);
  const todo = remedyFor(context.config.workloads, target.reference);
  for (const line of summary(target, fetched, verdict, todo)) context.log(line);
  if (sbom !== undefined) context.log(await keepSbom(context, target.repository, fetched.digest, sbom));
  await askForRebuild(context, place, { target, digest: fetched.digest, verdict }, rebuild);
  const servers = serverScanners(policy.scan).map(({ kind }) => kind);
  return results.some(({ run }) => servers.includes(run.kind) && run.status !== 'ok') ? 1 : 0;
}

/** @throws where `fetch` left nothing: it always does, so the pod is not the one that synthesis wrote */
async function whatWasFetched(read: ReadText): Promise<FetchedImage> {
  const text = await read(FILES.target).catch((cause: unknown) => {
    throw new PatchwayError(`${FILES.target} cannot be read: the init container fetch writes it.`, { cause });
  });
  return JSON.parse(text) as FetchedImage;
}

interface Results {
  readonly results: readonly ScannerResult[];
  /** Absent where none was asked for, or no image was there. */
  readonly sbom?: NewSbom;
}

/** Without an image there is nothing to wait for: every scanner fails for the same reason. */
async function resultsOf(
  context: AgentContext,
  target: ScanTarget,
  { failure, startedAt, digest, platforms }: FetchedImage,
  read: ReadText,
  clair: ClairEffects | undefined,
): Promise<Results> {
  const { scan } = context.config.policy;
  if (failure !== undefined) {
    const message = `nothing to scan: ${failure.message}`;
    return { results: scan.scanners.map(({ kind }) => ({ run: { kind, status: failure.status, message } })) };
  }
  const reporters = podReporters(scan);
  const inPod = async (): Promise<Results> => {
    if (reporters.length === 0) return { results: [] };
    const names = reporters.map(({ name }) => name);
    const ends = await scannersEnd(context, names, startedAt);
    const reports = [...ends].flatMap(([name, end]) => (name === 'sbom' ? [] : [resultOf(name, end, scan.timeout, read)]));
    const [writer, end] = [reporters.find(({ name }) => name === 'sbom'), ends.get('sbom')];
    if (writer === undefined || end === undefined) return { results: await Promise.all(reports) };
    return { results: await Promise.all(reports), sbom: await sbomOf(writer.scanner.kind, end, scan.timeout, read) };
  };
  const asked = serverScanners(scan).map(async (scanner) => {
    const until = await scanEnd(context, startedAt);
    return askClair(context, scanner, { ...target, digest, platforms }, until, clair);
  });
  const [ended, ...answered] = await Promise.all([inPod(), ...asked]);
  return { ...ended, results: [...ended.results, ...answered] };
}

/** The repository's evidence and dates with this scan. What a scan did not find says nothing where a scanner failed. */
function withScan(
  { config: { policy, stage, workloads } }: AgentContext,
  target: ScanTarget,
  { digest, platforms, failure, base = failure && { failure: failure.message } }: FetchedImage,
  results: readonly ScannerResult[],
  stored: Stored,
  at: number,
): Required<Stored> {
  const found = joinFindings(results.flatMap(({ report }) => report ?? []));
  const firstSeen = mergeFirstSeen(stored.firstSeen, found, at);
  const locked = workloads.flatMap(({ images }) => images).find((image) => image.reference === target.reference && image.digest === digest);
  const released = locked === undefined ? {} : { releasedAt: locked.releasedAt };
  const findings = judgeFindings(gateOf(policy, stage), found, { asOf: at, firstSeen, ...released });
  const runs = results.map(({ run }) => run);
  // Where nothing could be fetched, an earlier scan of the same digest knows its platforms.
  const known = { ...stored.evidence?.digests[digest]?.platforms, ...platforms };
  const [endOfLife] = results.flatMap(({ report }) => report?.endOfLife ?? []);
  const about = { ...(endOfLife === undefined ? {} : { endOfLife }), ...(base === undefined ? {} : { base }) };
  const scan = { policy, repository: target.repository, digest, platforms: known, scannedAt: at, runs, ...about, findings };
  return { evidence: addScan(stored.evidence, scan), firstSeen };
}
