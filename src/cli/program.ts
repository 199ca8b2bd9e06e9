import { Command, CommanderError } from 'commander';
import { isPatchwayError } from '../problem.js';
import type { Io } from './io.js';
import { addClusterCommands } from './program-cluster.js';
import { addExceptionCommands } from './program-exceptions.js';
import { addForgeCommands } from './program-forge.js';
import { addLockCommands } from './program-lock.js';
import { addPeopleCommands } from './program-people.js';

/** Runs a command line without the program's name; resolves with the exit code. Messages go to standard error. */
export async function run(args: readonly string[], io: Io, version: string): Promise<number> {
  let code = 0;
  const exit = (value: number) => {
    code = value;
  };
  try {
    await programOf(io, version, exit).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return codeOf(error, io);
  }
}

const USAGE = 64;

function codeOf(error: unknown, io: Io): number {
  // Commander has printed its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  if (isPatchwayError(error)) {
    io.err(`patchway: ${error.message}\n`);
    return error.exitCode;
  }
  io.err(`patchway: internal error: ${error instanceof Error ? error.message : String(error)}\n`);
  if (io.env.PATCHWAY_DEBUG === '1' && error instanceof Error) io.err(`${error.stack ?? ''}\n`);
  return 1;
}

const POLICY = 'the policy, YAML or JSON';
const LOCK = 'the image lock';
const example = (line: string) => `\nExample:\n  $ patchway ${line}\n`;

/** Commands are loaded when they run: none pays for another's imports. */
function programOf(io: Io, version: string, exit: (code: number) => void): Command {
  const program = new Command('patchway')
    .description('One patch policy for containers: scans, rolling updates, monitoring rules and promotion.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showHelpAfterError('(see patchway --help)');

  program
    .command('init')
    .description('write a commented starting policy, an example app and an image lock')
    .argument('[dir]', 'where to', '.')
    .option('--helm-plugin <dir>', 'write a post-renderer plugin for Helm 4 there instead')
    .addHelpText('after', example('init infra'))
    .action(async (directory: string, { helmPlugin }: { readonly helmPlugin?: string }) =>
      exit(
        helmPlugin === undefined
          ? await (await import('./init.js')).init({ directory }, io)
          : await (await import('./init-helm-plugin.js')).initHelmPlugin(helmPlugin, version, io),
      ),
    );

  program
    .command('validate')
    .description('tell every problem of a policy')
    .argument('<policy...>', `${POLICY}; - is the standard input`)
    .option('--format <format>', 'text or json', 'text')
    .addHelpText('after', example('validate patch-policy.yaml'))
    .action(async (policies: readonly string[], options: { readonly format: string }) =>
      exit(await (await import('./validate.js')).validate(policies, io, options)),
    );

  program
    .command('explain')
    .description('say what a policy means: how long findings may stay, how images pass the stages, when scans run and windows open')
    .argument('<policy>', POLICY)
    .option('--from <instant>', 'show scans and windows from this instant on (RFC 3339; default: now)')
    .option('--days <days>', 'for so many days', '7')
    .option('--format <format>', 'text, json, or a calendar: svg, html', 'text')
    .addHelpText('after', example('explain patch-policy.yaml --days 28 --format html >calendar.html'))
    .action(async (policy: string, options: { readonly format: string; readonly from?: string; readonly days: string }) =>
      exit((await import('./explain.js')).explain(policy, io, options)),
    );

  program
    .command('synth')
    .description('write the manifests of every stage')
    .argument('<policy>', POLICY)
    .requiredOption('-w, --workloads <file...>', 'Kubernetes manifests')
    .option('-l, --lock <file>', LOCK, 'images.lock.yaml')
    .option('-o, --output <dir>', 'where to; - is the standard output', 'dist')
    .option('--rule-tests', 'also write unit tests of the alerts, for promtool test rules')
    .addHelpText('after', example('synth patch-policy.yaml --workloads k8s/*.yaml -o dist'))
    .action(async (policy: string, options: SynthArguments) => exit(await (await import('./synth.js')).synth({ policy, ...options }, io)));

  program
    .command('apply-policy')
    .description('put the objects of a YAML stream under a policy, from the standard input to the standard output')
    .argument('[policy]', `${POLICY}; a KRM function's configuration may name it`)
    .option('-s, --stage <name>', 'the stage that the objects are for')
    .option('-l, --lock <file>', `${LOCK} (default: images.lock.yaml)`)
    .addHelpText('after', example('apply-policy patch-policy.yaml --stage production <app.yaml | kubectl apply --server-side -f -'))
    .action(async (policy: string | undefined, options: ApplyPolicyArguments) =>
      exit(await (await import('./apply-policy.js')).applyPolicy(policy, options, io)),
    );

  program
    .command('gate')
    .description('judge scan reports by the policy: 0 the gate is open, 2 it is closed')
    .requiredOption('-p, --policy <file>', POLICY)
    .requiredOption('-r, --report <file...>', 'reports of Trivy or Grype (JSON); - is the standard input')
    .option('-i, --image <reference>', 'the image that all reports are about')
    .option('-s, --stage <name>', 'the stage whose lock entries, exceptions and exposure count')
    .option('-l, --lock <file>', LOCK)
    .option('-w, --workloads <file...>', 'Kubernetes manifests: what their workloads ask for when a verdict is red')
    .option('--vex <file...>', 'OpenVEX documents: what is not affected or fixed is ignored')
    .option('--vulnrichment <file...>', "CVE records of CISA's Vulnrichment: what presets ask beyond reports")
    .option('--expiring <duration>', 'how long before its end an exception is listed as expiring', '14d')
    .option('--as-of <instant>', 'judge as of this instant (RFC 3339)')
    .option('--format <format>', 'text, json, sarif, junit or markdown', 'text')
    .addHelpText('after', example('gate --policy patch-policy.yaml --report grype.json trivy.json'))
    .action(async (options: GateArguments) => exit(await (await import('./gate.js')).gate(options, io)));

  addExceptionCommands(program, io, exit);
  addLockCommands(program, io, exit);
  addClusterCommands(program, io, exit);
  addForgeCommands(program, io, exit);
  addPeopleCommands(program, io, exit);

  program
    .command('promote')
    .description('take one step of the promotion to a stage, as its CronJob does: 2 where it is blocked')
    .requiredOption('-t, --to <stage>', 'the stage to promote to')
    .option('-p, --policy <file>', POLICY, 'patch-policy.yaml')
    .option('-c, --context <name>', "the context of kubectl's configuration")
    .option('-n, --dry-run', 'only say what would be done')
    .addHelpText('after', example('promote --to production --dry-run'))
    .action(async (options: PromoteArguments) => exit(await (await import('./promote.js')).promoteTo(options, io)));

  program
    .command('ci')
    .description("write a workflow that builds, scans and judges an image, workflows that promote, or an updater's configuration")
    .argument('<forge>', 'github, gitlab, renovate or dependabot; promotion, by the engine that the policy names')
    .option('-p, --policy <file>', `${POLICY}, from the root of the repository`, 'patch-policy.yaml')
    .option('-l, --lock <file>', `${LOCK}: the images of the scanners`, 'images.lock.yaml')
    .option('-i, --image <repository>', "the image's repository (default: the forge's own registry)")
    .option('-s, --stage <name>', 'the stage whose exceptions count')
    .option('--minimum-age <duration>', 'how old an image must be before an updater proposes it: 72h, 3d')
    .option('-w, --workloads <file...>', 'promotion: the Kubernetes manifests that `patchway synth` reads')
    .option('--synth <command>', 'promotion: what writes manifests into dist instead, such as `npx cdk8s synth`')
    .option('--gitops', 'promotion: a GitOps controller applies what git says')
    .option('--branch <name>', 'promotion: the branch that requests are merged into', 'main')
    .option('--runner <image>', 'promotion, GitLab: an image with Node, git and kubectl')
    .option('--reviewers <names>', 'promotion: who is asked to review, separated by commas')
    .option('--oidc <audience>', "promotion: sign in to clusters with the forge's own tokens")
    .option('-o, --output <file>', 'the file to write, or the directory for promotion (default: the standard output)')
    .addHelpText('after', example('ci github -o .github/workflows/patchway.yml'))
    .action(async (forge: string, options: CiArguments) => exit(await (await import('./ci.js')).ci(forge, options, io, version)));

  return program;
}

type ApplyPolicyArguments = Parameters<typeof import('./apply-policy.js').applyPolicy>[1];
type CiArguments = Parameters<typeof import('./ci.js').ci>[1];

type SynthArguments = Omit<Parameters<typeof import('./synth.js').synth>[0], 'policy'>;
type PromoteArguments = Parameters<typeof import('./promote.js').promoteTo>[0];
type GateArguments = Parameters<typeof import('./gate.js').gate>[0];
