import type { Command } from 'commander';
import type { Io } from './io.js';
import type { LockCheckOptions, LockPullOptions, LockShowOptions, LockUpdateOptions } from './lock.js';

const example = (line: string) => `\nExample:\n  $ patchway lock ${line}\n`;

/** The commands about the image lock. */
export function addLockCommands(program: Command, io: Io, exit: (code: number) => void): void {
  const lock = program.command('lock').description('update, check, show and pull the image lock');
  const command = (name: string, description: string) =>
    lock.command(name).description(description).option('-l, --lock <file>', 'the image lock', 'images.lock.yaml');

  withPolicy(command('update', 'write what the tags mean in the registry now'))
    .option('-i, --image <reference...>', 'add these images')
    .option('-w, --workloads <file...>', 'add the images of these Kubernetes manifests')
    .option('-s, --stage <name>', 'change only this stage')
    .option('--minimum-age <duration>', 'take only images that are at least this old: 72h, 3d')
    .option('--tools', "update only Patchway's own tools")
    .addHelpText('after', example('update --workloads k8s/*.yaml --minimum-age 3d'))
    .action(async (options: LockUpdateOptions) => exit(await (await import('./lock.js')).lockUpdate(options, io)));

  withPolicy(command('check', 'fail (2) when the lock is out of date or an image is not locked'))
    .option('-w, --workloads <file...>', 'Kubernetes manifests whose images must be locked')
    .option('-r, --report <file...>', "scanners' reports (JSON): what they say of the end of a distribution's life")
    .option('--minimum-age <duration>', 'disregard newer images and bases that are younger than this')
    .option('--no-bases', 'do not look at the images that images were built on')
    .option('--offline', 'ask no registry')
    .option('--format <format>', 'text or json', 'text')
    .addHelpText('after', example('check --workloads k8s/*.yaml'))
    .action(async (options: LockCheckOptions) => exit(await (await import('./lock.js')).lockCheck(options, io)));

  command('show', 'print what the lock says')
    .option('--format <format>', 'text or json', 'text')
    .addHelpText('after', example('show --format json'))
    .action(async (options: LockShowOptions) => exit(await (await import('./lock.js')).lockShow(options, io)));

  withPolicy(command('pull', 'take over what was promoted in the cluster'))
    .option('-s, --stage <name>', 'take over only this stage')
    .option('-c, --context <name>', "the context of kubectl's configuration")
    .addHelpText('after', example('pull --stage production'))
    .action(async (options: LockPullOptions) => exit(await (await import('./lock.js')).lockPull(options, io)));
}

function withPolicy(command: Command): Command {
  return command.option('-p, --policy <file>', 'the policy, YAML or JSON', 'patch-policy.yaml');
}
