import type { Command } from 'commander';
import type { DriftOptions } from './drift.js';
import type { Io } from './io.js';

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
}
