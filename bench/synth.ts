/**
 * What Patchway costs, as ratios measured side by side in one run (build first, on a quiet machine):
 *
 *     npm run build && npx tsx bench/synth.ts [rounds]
 *
 * - `cdk8s synth` of the example storefront beside the same objects written by hand with cdk8s, as a user runs both, by the
 *   clock on the wall: at most 1.2
 * - the two programs alone, without the command around them, by processor time: at most 1.2
 * - `import 'patchway'` beside a bare Node, by processor time: at most 1.2
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT = 1.2;
/** Processor time, which does not depend on what else the machine does, as a preloaded module tells it at the end. */
const METER = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write(String((user+system)/1000))})`;

const rounds = Number(process.argv[2] ?? 15);
const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), 'patchway-bench-'));

interface Program {
  readonly name: string;
  readonly args: readonly string[];
}

const tsx = ['--import', 'tsx'];
const program = (name: string, file: string): Program => ({ name, args: [...tsx, file] });

const example = program('patchway', 'examples/storefront/main.ts');
const byHand = program('by hand', 'bench/by-hand.ts');
const synth = ({ name, args }: Program): Program => ({
  name,
  args: [
    'node_modules/cdk8s-cli/bin/cdk8s',
    'synth',
    '--no-check-upgrade',
    '--app',
    `node ${args.join(' ')}`,
    '--output',
    join(outdir, name),
  ],
});
const ratios = [
  compare('cdk8s synth', synth(example), synth(byHand), wallTime),
  compare('program', example, byHand),
  compare('import', node("import 'patchway';"), node('')),
];
console.log(`objects: ${[example, byHand].map(({ name }) => `${name} ${count(name)}`).join(', ')}`);
rmSync(outdir, { recursive: true, force: true });
process.exitCode = ratios.every((ratio) => ratio <= LIMIT) ? 0 : 1;

/** Runs both in turn and compares the medians. */
function compare(what: string, ours: Program, theirs: Program, measure = processorTime): number {
  for (const each of [ours, theirs]) measure(each);
  const times = Array.from({ length: rounds }, () => ({ ours: measure(ours), theirs: measure(theirs) }));
  const [a, b] = [median(times.map((t) => t.ours)), median(times.map((t) => t.theirs))];
  const unit = measure === wallTime ? 'ms' : 'ms CPU';
  console.log(`${what}: ${ours.name} ${a.toFixed(0)} ${unit}, ${theirs.name} ${b.toFixed(0)} ${unit}, ratio ${(a / b).toFixed(2)}`);
  return a / b;
}

function node(code: string): Program {
  return { name: code === '' ? 'bare Node' : 'patchway', args: ['--input-type=module', '-e', code] };
}

function processorTime(program: Program): number {
  return Number(
    run({ ...program, args: ['--import', METER, ...program.args] })
      .trim()
      .split('\n')
      .at(-1),
  );
}

function wallTime(program: Program): number {
  const start = performance.now();
  run(program);
  return performance.now() - start;
}

/** Runs a program to its end; what it said on standard error. */
function run({ name, args }: Program): string {
  const env = { ...process.env, CDK8S_OUTDIR: join(outdir, name), TSX_TSCONFIG_PATH: join(root, 'examples/tsconfig.json') };
  const { status, stderr } = spawnSync(process.execPath, [...args], { cwd: root, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: exit ${status}\n${stderr}`);
  return stderr;
}

function count(name: string): number {
  const directory = join(outdir, name);
  const texts = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
  return texts.join('\n').match(/^kind: /gm)?.length ?? 0;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
