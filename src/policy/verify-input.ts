import type { Duration } from './duration.js';
import type { Comparison } from './policy.js';

/** How it is seen that a new version works. All that are named must hold. */
export type VerificationInput = HttpVerificationInput | PrometheusVerificationInput | JobVerificationInput;

/** A request that must be answered as it should. */
export interface HttpVerificationInput {
  readonly http: {
    /** Reached from within the cluster: `http://web.shop.svc/healthz`. */
    readonly url: string;
    /**
     * The status of the answer.
     * @default 200
     */
    readonly status?: number;
    /**
     * Text that the answer's body must contain.
     * @default any
     */
    readonly body?: string;
  };
}

/** What Prometheus must say. No data, or no answer, is no success. */
export interface PrometheusVerificationInput {
  readonly prometheus: {
    /** The address of Prometheus, as the cluster reaches it: `http://prometheus.monitoring.svc:9090`. */
    readonly server: string;
    /** PromQL whose result is one number, or one of each series that must hold. */
    readonly query: string;
    /** What the number must be: `'< 0.01'`. */
    readonly holds: Condition;
    /** For how long without interruption. */
    readonly for: Duration;
  };
}

/** A Job that must succeed. */
export interface JobVerificationInput {
  /** The spec of its pod; its images are locked like those of workloads. */
  readonly job: { readonly containers: readonly { readonly [field: string]: unknown }[]; readonly [field: string]: unknown };
}

/** A comparison with a number: `'>= 0.99'`. */
export type Condition = `${Comparison} ${number}`;
