import type { Command } from 'commander';
import type { ApproveOptions } from './approve.js';
import type { FreezeOptions } from './freeze.js';
import type { Io } from './io.js';
import type { PeopleOptions } from './people.js';

const example = (line: string) => `\nExample:\n  $ patchway ${line}\n`;

/** The commands by which people decide. */
export function addPeopleCommands(program: Command, io: Io, exit: (code: number) => void): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .requiredOption('-s, --stage <name>', 'the stage that is promoted to')
      .option('-p, --policy <file>', 'the policy, YAML or JSON', 'patch-policy.yaml')
      .option('-c, --context <name>', "the context of kubectl's configuration");

  command('approve', 'say yes to images that wait to be promoted, for seven days: 2 where no such image waits')
    .requiredOption('-d, --digest <digest...>', 'what waits, in full or its first twelve digits')
    .addHelpText('after', example('approve --stage production --digest sha256:4ac1e0f2b3d5'))
    .action(async (options: ApproveOptions) => exit(await (await import('./approve.js')).approve(options, io)));

  command('freeze', 'stop the promotions to a stage')
    .requiredOption('-r, --reason <text>', 'why, for those who wait')
    .option('-u, --until <instant>', 'when it ends by itself (RFC 3339; default: with unfreeze)')
    .addHelpText('after', example("freeze --stage production --reason 'Black Friday' --until 2026-11-28T00:00:00Z"))
    .action(async (options: FreezeOptions) => exit(await (await import('./freeze.js')).freeze(options, io)));

  command('unfreeze', 'let the promotions to a stage go on')
    .addHelpText('after', example('unfreeze --stage production'))
    .action(async (options: PeopleOptions) => exit(await (await import('./freeze.js')).unfreeze(options, io)));
}
