import type { StageConfig } from '../manifest/stage-config.js';
import type { Cluster } from './kubernetes.js';

/** The world as a command of the agent meets it. Tests pass another one. */
export interface AgentContext {
  readonly config: StageConfig;
  readonly cluster: Cluster;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** One line for whoever reads the pod's log. */
  log(line: string): void;
}

/** A command of the agent; resolves with the exit code. */
export type AgentRun = (context: AgentContext) => Promise<number>;
