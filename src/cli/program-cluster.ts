import type { Command } from 'commander';
import type { DriftOptions } from './drift.js';
import type { HistoryOptions } from './history.js';
import type { Io } from './io.js';
import type { ReportOptions } from './report.js';

const example = (line: string) => `\nExample:\n  $ patchway ${line}\n`;

/** The commands that look at what runs. */
export function addClusterCommands(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command('drift')
    .description('compare what runs with what lock, promotion and policy say: 2 where it differs')
    .option('-p, --policy <file>', 'the policy, YAML or JSON', 'patch-policy.yaml')
    .option('-l, --lock <file>', 'the image lock', 'images.lock.yaml')
    .option('-s, --stage <name>', 'look only at this stage')
    .option('-c, --context <name>', "the context of kubectl's configuration")
    .option('--format <format>', 'text, json or metrics', 'text')
    .addHelpText('after', example('drift --stage production'))
    .action(async (options: DriftOptions) => exit(await (await import('./drift.js')).drift(options, io)));

  program
    .command('history')
    .description('tell every promotion, rollback and block of the stages, and why, newest first')
    .option('-p, --policy <file>', 'the policy, YAML or JSON', 'patch-policy.yaml')
    .option('-s, --stage <name>', 'tell only of this stage')
    .option('-c, --context <name>', "the context of kubectl's configuration")
    .option('--format <format>', 'text, json, or jsonl: one entry a line', 'text')
    .addHelpText('after', example('history --stage production'))
    .action(async (options: HistoryOptions) => exit(await (await import('./history.js')).history(options, io)));

  program
    .command('report')
    .description('say how fast workloads are patched: what was found, due and fixed, and what is open')
    .option('-p, --policy <file>', 'the policy, YAML or JSON', 'patch-policy.yaml')
    .option('-s, --stage <name>', 'report only on this stage')
    .option('-c, --context <name>', "the context of kubectl's configuration")
    .option('--format <format>', 'text or json', 'text')
    .option('--html <file>', 'write it as one page, too')
    .addHelpText('after', example('report --html report.html'))
    .action(async (options: ReportOptions) => exit(await (await import('./report.js')).report(options, io)));
}
