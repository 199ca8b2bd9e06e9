import { resolve } from 'node:path';
import { loadLock } from '../lock/parse.js';
import { loadPolicy } from '../policy/load.js';
import { badInput, formatProblem, PatchwayError, type Problem } from '../problem.js';
import { resourceListIn, type Settings, settingsIn, withResults } from './apply-policy-krm.js';
import { type AdoptedStream, adoptStream, type Rules } from './apply-policy-stream.js';
import { attempt } from './attempt.js';
import type { Io } from './io.js';
import { readStream } from './yaml-stream.js';

export interface ApplyPolicyOptions {
  /** The stage whose images and rollout the objects get. */
  readonly stage?: string;
  /** @default images.lock.yaml */
  readonly lock?: string;
}

const STDIN = 'standard input';

/**
 * `patchway apply-policy`: puts the objects of a YAML or JSON stream under a policy, from the standard input to the
 * standard output. Only the fields that change are written anew; every other byte stays. With any error nothing is printed,
 * but for a KRM function's ResourceList: it comes back as it was, with the errors as its results.
 *
 * @param policy the policy's file; a ResourceList's `functionConfig` may name it, and stage and lock, instead
 * @throws PatchwayError 64 where no policy or stage is named, 65 for input that is wrong
 */
export async function applyPolicy(policy: string | undefined, options: ApplyPolicyOptions, io: Io): Promise<0> {
  const text = await io.stdin();
  const stream = readStream(text, STDIN);
  const list = resourceListIn(stream);
  const read = readRules({ ...settingsIn(list), ...given({ policy, ...options }) }, io);
  const unreadable = [...('problems' in read ? read.problems : []), ...stream.problems];
  const adopted: AdoptedStream =
    'problems' in read || unreadable.length > 0
      ? { text, findings: unreadable.map((problem) => ({ problem })) }
      : adoptStream(text, stream, read.value, STDIN);
  const { findings } = adopted;
  const errors = findings.map(({ problem }) => problem).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    if (list !== undefined) io.out(withResults(text, findings));
    throw badInput('apply-policy', errors);
  }
  for (const { problem, note } of findings) io.err(`${note === true ? 'note' : 'warning'}: ${formatProblem(problem)}\n`);
  io.out(list === undefined ? adopted.text : withResults(adopted.text, findings));
  return 0;
}

function readRules(settings: Settings, io: Io): { readonly value: Rules } | { readonly problems: readonly Problem[] } {
  const { policy: file, stage, lock: lockFile = 'images.lock.yaml' } = settings;
  if (file === undefined || stage === undefined) {
    const missing = [...(file === undefined ? ['the policy'] : []), ...(stage === undefined ? ['--stage'] : [])].join(' and ');
    throw new PatchwayError(`apply-policy: name ${missing}: patchway apply-policy patch-policy.yaml --stage production`, { exitCode: 64 });
  }
  const policy = attempt(() => loadPolicy(resolve(io.cwd, file)), file);
  const found = 'value' in policy ? attempt(() => policy.value.stage(stage), file) : policy;
  const lock = attempt(() => loadLock(resolve(io.cwd, lockFile)), lockFile);
  if ('value' in policy && 'value' in found && 'value' in lock) {
    return { value: { policy: policy.value, stage: found.value, lock: lock.value } };
  }
  return { problems: [found, lock].flatMap((each) => ('problems' in each ? each.problems : [])) };
}

function given(settings: { readonly [S in keyof Settings]: string | undefined }): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
