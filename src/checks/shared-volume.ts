import { dig, listAt } from '../manifest/dig.js';
import { podPathOf } from '../manifest/kinds.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import { leastPods, surgeOf } from './amounts.js';
import type { Check, Finding } from './check.js';
import { append } from './pods.js';
import type { StageObjects } from './stage-objects.js';

/** A claim that one node or one pod may mount, and several pods that want it. Those of CronJobs come and go. */
export const sharedVolume: Check = (stage) => {
  const users = new Map<string, Manifest[]>();
  for (const workload of stage.workloads)
    if (workload.kind !== 'CronJob') for (const claim of claimsOf(workload)) append(users, claim, workload);
  return [...users].flatMap(([name, workloads]) => {
    const claim = stage.claims.get(name);
    const mode = claim === undefined ? undefined : onlyMode(claim);
    const [first] = workloads;
    const pods = workloads.reduce((sum, workload) => sum + podsAtOnce(workload, stage), 0);
    return mode === undefined || first === undefined || pods < 2 ? [] : [finding(first, workloads, name, mode, pods)];
  });
};

function finding(first: Manifest, workloads: readonly Manifest[], claim: string, mode: Mode, pods: number): Finding {
  const who = workloads.length > 1 ? `${workloads.map(titleOf).join(', ')} mount` : 'Its pods mount';
  const many = pods === Number.POSITIVE_INFINITY ? 'one pod per node wants it' : `there may be ${pods} pods`;
  const fate = mode === 'ReadWriteOncePod' ? 'all but one of them wait for ever' : 'those on other nodes than the first wait for ever';
  return {
    path: `${titleOf(first)} ${[...podPathOf(first), 'volumes'].join('.')}`,
    message: `${who} the claim ${claim}, which is ${mode}, and ${many}: ${fate}.`,
    hint: 'Run one replica without a surge, give each pod a claim of its own (StatefulSet), or use a volume that is ReadWriteMany.',
  };
}

type Mode = 'ReadWriteOnce' | 'ReadWriteOncePod';

/** Undefined where another mode lets more of them mount it. */
function onlyMode(claim: Manifest): Mode | undefined {
  const modes = listAt(claim, 'spec', 'accessModes');
  if (modes.length === 0 || !modes.every((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod')) return undefined;
  return modes.includes('ReadWriteOncePod') ? 'ReadWriteOncePod' : 'ReadWriteOnce';
}

function podsAtOnce(workload: Manifest, stage: StageObjects): number {
  if (workload.kind === 'DaemonSet') return Number.POSITIVE_INFINITY;
  const replicas = leastPods(workload, stage);
  return replicas + surgeOf(workload, replicas);
}

function claimsOf(workload: Manifest): readonly string[] {
  const volumes = listAt(workload, ...podPathOf(workload), 'volumes');
  const names = volumes.map((volume) => dig(volume, 'persistentVolumeClaim', 'claimName'));
  return [...new Set(names.filter((name) => typeof name === 'string'))];
}
