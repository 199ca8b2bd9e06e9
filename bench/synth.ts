/**
 * What Patchway costs, as ratios measured side by side in one run (build first, on a quiet machine):
 *
 *     npm run build && npx tsx bench/synth.ts [rounds]
 *
 * - the example storefront beside the same number of objects written by hand with cdk8s: at most 1.2
 * - `import 'patchway'` beside a bare Node: at most 1.2
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
const passed = [
  compare('synthesis', example, byHand),
  compare(
    'import',
    { name: 'patchway', args: ['--input-type=module', '-e', "import 'patchway';"] },
    { name: 'bare Node', args: ['--input-type=module', '-e', ''] },
  ),
];
console.log(`objects: ${[example, byHand].map(({ name }) => `${name} ${count(name)}`).join(', ')}`);
rmSync(outdir, { recursive: true, force: true });
process.exitCode = passed.every(Boolean) ? 0 : 1;

/** Runs both in turn and compares the medians. */
function compare(what: string, ours: Program, theirs: Program): boolean {
  for (const each of [ours, theirs]) run(each);
  const times = Array.from({ length: rounds }, () => ({ ours: run(ours), theirs: run(theirs) }));
  const [a, b] = [median(times.map((t) => t.ours)), median(times.map((t) => t.theirs))];
  console.log(
    `${what}: ${ours.name} ${a.toFixed(0)} ms CPU, ${theirs.name} ${b.toFixed(0)} ms CPU, ratio ${(a / b).toFixed(2)} (at most ${LIMIT})`,
  );
  return a / b <= LIMIT;
}

function run({ name, args }: Program): number {
  const env = { ...process.env, CDK8S_OUTDIR: join(outdir, name), TSX_TSCONFIG_PATH: join(root, 'examples/tsconfig.json') };
  const { status, stderr } = spawnSync(process.execPath, ['--import', METER, ...args], { cwd: root, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: exit ${status}\n${stderr}`);
  return Number(stderr.trim().split('\n').at(-1));
}

function count(name: string): number {
  const directory = join(outdir, name);
  const texts = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
  return texts.join('\n').match(/^kind: /gm)?.length ?? 0;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
