import { dig } from '../manifest/dig.js';
import { PatchwayError } from '../problem.js';
import type { PromotionState, PromotionStep } from './state.js';

/** Before the first run: nothing is recorded, and what runs is taken as it is. */
export function emptyState(policyHash: string): PromotionState {
  return { schemaVersion: 1, policyHash, workloads: {}, step: 'idle', refused: [], history: [] };
}

/**
 * Reads a stored state; nothing stored yet is undefined.
 * @throws PatchwayError that names `source` and what to do, where it is something else
 */
export function parseState(text: string | undefined, source: string): PromotionState | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = parsed(text, source);
  const version = dig(value, 'schemaVersion');
  if (typeof version === 'number' && version !== 1) {
    throw new PatchwayError(`${source} has schema version ${version}, and this release of Patchway reads 1. Run the newer release.`);
  }
  if (!isState(value)) throw new PatchwayError(`${source} is not the state of a promotion. ${START_OVER}`);
  return value;
}

const START_OVER = 'Look at it, then delete the key to start over: what runs is then taken as it is, and what was refused is forgotten.';

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PatchwayError(`${source} is not whole JSON (${error instanceof Error ? error.message : String(error)}). ${START_OVER}`);
  }
}

const STEPS: ReadonlySet<unknown> = new Set<PromotionStep>([
  'idle',
  'frozen',
  'soaking',
  'awaitingApproval',
  'awaitingWindow',
  'rolling',
  'verifying',
  'rollingBack',
]);

/** What a run stands on is checked; the rest is only shown. */
function isState(value: unknown): value is PromotionState {
  const intent = dig(value, 'intent');
  const candidate = dig(value, 'candidate');
  return (
    dig(value, 'schemaVersion') === 1 &&
    STEPS.has(dig(value, 'step')) &&
    recordsOf(dig(value, 'workloads')).every((workload) => isImageSet(dig(workload, 'current'))) &&
    [dig(value, 'refused'), dig(value, 'history')].every(Array.isArray) &&
    (candidate === undefined || (isWorkloadImages(dig(candidate, 'digests')) && typeof dig(candidate, 'healthyMs') === 'number')) &&
    (intent === undefined ||
      (isWorkloadImages(dig(intent, 'from')) && isWorkloadImages(dig(intent, 'to')) && isTime(dig(intent, 'startedAt'))))
  );
}

function isWorkloadImages(value: unknown): boolean {
  return typeof value === 'object' && value !== null && recordsOf(value).every(isImageSet);
}

function isImageSet(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return recordsOf(value).every((image) => typeof dig(image, 'tag') === 'string' && typeof dig(image, 'digest') === 'string');
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

/** What is no object has a value that is none either, and so fails every check. */
function recordsOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [undefined];
}
