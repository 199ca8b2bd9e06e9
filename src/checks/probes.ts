import { dig } from '../manifest/dig.js';
import { canonicalJson } from '../manifest/names.js';

/** A probe in seconds, Kubernetes' defaults filled in. */
export interface ProbeTimes {
  readonly initialDelay: number;
  /** From the first failure until it counts: so many periods. */
  readonly patience: number;
}

/** @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes */
export function timesOf(probe: unknown): ProbeTimes {
  const number = (field: string, otherwise: number) => {
    const value = dig(probe, field);
    return typeof value === 'number' ? value : otherwise;
  };
  return { initialDelay: number('initialDelaySeconds', 0), patience: number('failureThreshold', 3) * number('periodSeconds', 10) };
}

const ASKING = ['httpGet', 'tcpSocket', 'exec', 'grpc'] as const;

/** Whether two probes ask the same question. */
export function askAlike(a: unknown, b: unknown): boolean {
  return (
    ASKING.some((way) => dig(a, way) !== undefined) && ASKING.every((way) => canonicalJson(dig(a, way)) === canonicalJson(dig(b, way)))
  );
}
