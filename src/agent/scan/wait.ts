import { toMs } from '../../gate/instant.js';
import { isPatchwayError, PatchwayError } from '../../problem.js';
import type { Reporter } from '../../scan/files.js';
import type { AgentContext } from '../context.js';
import { recordOf } from '../registry/credentials.js';
import { podOf } from './target.js';

/** How a scanner's container ended, as its pod's status has it. */
export type ScannerEnd =
  | {
      readonly state: 'ended';
      readonly exitCode: number;
      /** Kubernetes' word: `Completed`, `Error`, `OOMKilled`. */
      readonly reason: string;
      /** The last of what it printed. */
      readonly said: string;
    }
  /** Still at work, or never started and why. */
  | { readonly state: 'open'; readonly why: string };

const POLL_MS = 2_000;
/** What is left for writing evidence before Kubernetes ends the pod. */
const RESERVE_MS = 30_000;

/**
 * Waits until all scanners of this pod have ended, at most until their time is up: the policy's, fetching included, but
 * never so long that Kubernetes ends the pod first. Its images may have taken some of the pod's time to pull.
 * @param startedAt RFC 3339: when fetching started
 */
export async function scannersEnd(
  context: AgentContext,
  reporters: readonly Reporter[],
  startedAt: string,
): Promise<ReadonlyMap<Reporter, ScannerEnd>> {
  const { namespace, name } = podOf(context);
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  let until = toMs(startedAt) + context.config.policy.scan.timeout;
  let ends = new Map<Reporter, ScannerEnd>(reporters.map((reporter) => [reporter, { state: 'open', why: 'its state could not be read' }]));
  let lost = false;
  for (;;) {
    try {
      const pod = await context.cluster.get(path);
      if (pod === undefined) throw new PatchwayError(`there is no pod ${namespace}/${name}, though this runs in it.`);
      until = Math.min(until, podEnd(pod) - RESERVE_MS);
      ends = new Map(reporters.map((reporter) => [reporter, endOf(pod, reporter)]));
      lost = false;
    } catch (error) {
      // The scanners go on without the API server; only the evidence needs it again.
      if (!isPatchwayError(error)) throw error;
      if (!lost) context.log(`cannot see how the scanners are doing: ${error.message}`);
      lost = true;
    }
    const open = [...ends.values()].some(({ state }) => state === 'open');
    const left = until - context.now();
    if (!open || left <= 0) return ends;
    await context.sleep(Math.min(POLL_MS, left));
  }
}

/** Until when a scan may take, in epoch milliseconds: as for `scannersEnd`, where the API server tells when the pod ends. */
export async function scanEnd(context: AgentContext, startedAt: string): Promise<number> {
  const { namespace, name } = podOf(context);
  const until = toMs(startedAt) + context.config.policy.scan.timeout;
  const pod = await context.cluster.get(`/api/v1/namespaces/${namespace}/pods/${name}`).catch(() => undefined);
  return pod === undefined ? until : Math.min(until, podEnd(pod) - RESERVE_MS);
}

/** When Kubernetes ends the pod, in epoch milliseconds; never, as far as its status tells. */
function podEnd(pod: Readonly<Record<string, unknown>>): number {
  const { activeDeadlineSeconds } = recordOf(pod.spec);
  const { startTime } = recordOf(pod.status);
  return typeof activeDeadlineSeconds === 'number' && typeof startTime === 'string'
    ? toMs(startTime) + activeDeadlineSeconds * 1000
    : Number.POSITIVE_INFINITY;
}

function endOf(pod: Readonly<Record<string, unknown>>, reporter: Reporter): ScannerEnd {
  const { containerStatuses } = recordOf(pod.status);
  const statuses = Array.isArray(containerStatuses) ? containerStatuses.map(recordOf) : [];
  const { terminated, waiting, running } = recordOf(statuses.find(({ name }) => name === reporter)?.state);
  const end = recordOf(terminated);
  if (typeof end.exitCode === 'number') {
    return { state: 'ended', exitCode: end.exitCode, reason: textOf(end.reason), said: textOf(end.message) };
  }
  const { reason, message } = recordOf(waiting);
  const why = running === undefined ? ['it did not start', textOf(reason), textOf(message)] : ['it was still at work'];
  return { state: 'open', why: why.filter((part) => part !== '').join(': ') };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
