import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Cluster, throughKubectl } from '../agent/kubernetes.js';
import type { Policy } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import type { Io } from './io.js';
import { readStages } from './lock-files.js';
import { type Report, stageReport } from './report/compute.js';
import { reportHtml } from './report/html.js';
import { stageFacts } from './report/stage-facts.js';
import { reportText } from './report/text.js';

export interface ReportOptions {
  /** The policy's file. */
  readonly policy: string;
  /** The only stage to report on. @default all */
  readonly stage?: string;
  /** The context of kubectl's configuration. @default the current one */
  readonly context?: string;
  /** `text` or `json`. @default text */
  readonly format?: string;
  /** A file to write the report to as a page, too. @default none */
  readonly html?: string;
}

/** The effects of the command, for tests to replace. */
export interface ReportEffects {
  readonly connect: (options: { readonly context?: string }) => Promise<Pick<Cluster, 'get'> & { close(): void }>;
}

/**
 * `patchway report`: per stage, workload and severity what was found, due and fixed, how fast, and what is open.
 * @throws PatchwayError 64 for an unknown format or stage, 1 where the cluster does not answer or a file cannot be written
 */
export async function report(options: ReportOptions, io: Io, effects: ReportEffects = { connect: throughKubectl }): Promise<0> {
  const { format = 'text' } = options;
  const write = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (write === undefined) throw new PatchwayError(`--format ${format}: use ${Object.keys(FORMATS).join(', ')}.`, { exitCode: 64 });
  const { policy, stages } = readStages(options, io);
  const cluster = await effects.connect(options.context === undefined ? {} : { context: options.context });
  try {
    const at = io.now();
    const reports = await Promise.all(stages.map(async (stage) => stageReport(policy, await stageFacts(cluster, policy, stage), at)));
    const made = { policy: policy.name, timeZone: policy.timeZone, at, stages: reports };
    io.out(write(policy, made));
    if (options.html !== undefined) writePage(resolve(io.cwd, options.html), options.html, reportHtml(made));
    return 0;
  } finally {
    cluster.close();
  }
}

const FORMATS: Readonly<Record<string, (policy: Policy<string>, report: Report) => string>> = {
  text: (_policy, made) => reportText(made),
  json: ({ hash }, { policy, at, stages }) =>
    `${JSON.stringify({ schemaVersion: 1, policy: { name: policy, hash }, at: new Date(at).toISOString(), stages }, null, 2)}\n`,
};

function writePage(path: string, name: string, page: string): void {
  try {
    writeFileSync(path, page);
  } catch (cause) {
    throw new PatchwayError(`--html ${name}: the file cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
