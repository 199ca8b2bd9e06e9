import type { Command } from 'commander';
import type { DeployOptions } from './forge/deploy.js';
import type { ForgeOptions } from './forge/world.js';
import type { Io } from './io.js';

const example = (line: string) => `\nExample:\n  $ patchway forge ${line}\n`;

/** The steps of the workflows that `ci promotion` writes. */
export function addForgeCommands(program: Command, io: Io, exit: (code: number) => void): void {
  const forge = program.command('forge').description('the steps of promotion by a forge, which moves the lock by a request');
  const command = (name: string, description: string) =>
    forge
      .command(name)
      .description(description)
      .requiredOption('-t, --to <stage>', 'the stage')
      .option('-p, --policy <file>', 'the policy, YAML or JSON', 'patch-policy.yaml')
      .option('-l, --lock <file>', 'the image lock', 'images.lock.yaml')
      .option('-c, --context <name>', "the context of kubectl's configuration, for stages without a cluster")
      .option('--into <dir>', 'write there what the workflow goes on with (default: only say it)');

  command('propose', 'decide about a promotion, and write it into the lock: 2 where it is blocked')
    .addHelpText('after', example('propose --to production'))
    .action(async (options: ForgeOptions) => exit(await (await import('./forge/propose.js')).propose(options, io)));

  command('deploy', 'put in place what the lock names, and put the lock back where that fails: 2 then')
    .option('-m, --manifests <file...>', 'what synthesis wrote (default: apply nothing, say whether it would be)')
    .option('--observe', 'apply nothing, as a GitOps controller does')
    .option('--only-moved', 'leave a stage alone that runs what the lock names')
    .option('--force-conflicts', 'take over fields that others own')
    .addHelpText('after', example('deploy --to production --manifests dist/production.k8s.yaml'))
    .action(async (options: DeployOptions) => exit(await (await import('./forge/deploy.js')).deploy(options, io)));
}
