import type { Command } from 'commander';
import type { Io } from './io.js';

/** `vex` and `exceptions import`. */
export function addExceptionCommands(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command('vex')
    .description("write the policy's exceptions as an OpenVEX document")
    .argument('<policy>', 'the policy, YAML or JSON')
    .option('-i, --image <reference...>', 'images that the document is about')
    .option('-r, --report <file...>', 'reports of scanners, which tell images and package URLs; - is the standard input')
    .option('-s, --stage <name>', 'the stage whose exceptions count too')
    .option('--timestamp <instant>', 'when the document is written (RFC 3339)')
    .option('--author <name>', 'who states it')
    .addHelpText('after', '\nExample:\n  $ patchway vex patch-policy.yaml --report grype.json > web.vex.json\n')
    .action(async (policy: string, options: VexArguments) => exit(await (await import('./vex.js')).vex(policy, options, io)));

  program
    .command('exceptions')
    .description("work on a policy's exceptions")
    .command('import')
    .description('print what a .trivyignore.yaml ignores as exceptions of a policy')
    .argument('<file>', 'the .trivyignore.yaml; - is the standard input')
    .requiredOption('--approved-by <name>', 'who accepts the findings')
    .option('--expires <date>', 'the end of those without expired_at')
    .option('--reason <text>', 'the reason of those without a statement')
    .addHelpText('after', '\nExample:\n  $ patchway exceptions import .trivyignore.yaml --approved-by Ann --expires 2027-01-31\n')
    .action(async (file: string, options: ImportArguments) =>
      exit(await (await import('./exceptions-import.js')).importExceptions(file, options, io)),
    );
}

type VexArguments = Parameters<typeof import('./vex.js').vex>[1];
type ImportArguments = Parameters<typeof import('./exceptions-import.js').importExceptions>[1];
