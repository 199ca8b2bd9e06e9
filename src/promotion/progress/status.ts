import { dig } from '../../manifest/dig.js';

/** How far a workload's rollout is. */
export type Rollout =
  /** Every pod runs the present template and is available; `since`: epoch milliseconds of the last change to any of that. */
  | { readonly phase: 'complete'; readonly since?: number }
  | { readonly phase: 'progressing'; readonly why: string }
  /** Its controller gave up on it; `since`: epoch milliseconds. */
  | { readonly phase: 'stuck'; readonly why: string; readonly since?: number }
  /** It goes on at somebody else's pace: a person's, or that of Argo Rollouts' steps. No deadline of the policy counts. */
  | { readonly phase: 'paused'; readonly why: string };

/** What the status of a workload says. */
export interface Progress {
  readonly rollout: Rollout;
  /** Why it proves nothing about its images, however complete its rollout is. */
  readonly unproven?: string;
}

export const UNSEEN: Rollout = { phase: 'progressing', why: 'its controller has not seen the change yet' };

/** The status says nothing until the controller has seen the present generation. Argo Rollouts writes that as a text. */
export function isUnseen(workload: unknown): boolean {
  const observed = Number(dig(workload, 'status', 'observedGeneration') ?? 0);
  return observed < (numberAt(workload, 'metadata', 'generation') ?? 0);
}

export function complete(since: number | undefined): Rollout {
  return { phase: 'complete', ...(since === undefined ? {} : { since }) };
}

/** A count in the status; one that is not there is 0. */
export function countOf(workload: unknown, field: string): number {
  return numberAt(workload, 'status', field) ?? 0;
}

export function condition(workload: unknown, type: string): unknown {
  const conditions = dig(workload, 'status', 'conditions');
  return Array.isArray(conditions) ? conditions.find((each: unknown) => dig(each, 'type') === type) : undefined;
}

/**
 * When the API server noted the last change of the status, or of the rest, by anybody: also for a failing pod that left
 * all conditions as they were.
 */
export function writtenAt(workload: unknown, part: 'status' | 'manifest'): readonly number[] {
  const fields = dig(workload, 'metadata', 'managedFields');
  return (Array.isArray(fields) ? fields : [])
    .filter((entry: unknown) => (dig(entry, 'subresource') === 'status') === (part === 'status'))
    .flatMap((entry: unknown) => timeOf(dig(entry, 'time')) ?? []);
}

export function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

export function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = dig(value, ...path);
  return typeof found === 'number' ? found : undefined;
}
