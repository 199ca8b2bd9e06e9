import { containersOf } from '../manifest/containers.js';
import { dig, listAt } from '../manifest/dig.js';
import { podPathOf } from '../manifest/kinds.js';
import { type Manifest, titleOf } from '../manifest/manifest.js';
import { countOf, leastPods, surgeOf } from './amounts.js';
import type { Finding } from './check.js';
import type { StageObjects } from './stage-objects.js';

/** Two pods that take one port of their node cannot be on one node. */
export function hostPorts(workload: Manifest, stage: StageObjects): readonly Finding[] {
  if (workload.kind !== 'Deployment') return [];
  const port = takenPort(workload);
  const replicas = leastPods(workload, stage);
  const maxUnavailable = countOf(dig(workload, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable') ?? '25%', replicas) ?? 0;
  if (port === undefined || surgeOf(workload, replicas) === 0 || maxUnavailable > 0) return [];
  return [
    {
      path: `${titleOf(workload)} spec.strategy.rollingUpdate.maxSurge`,
      message: `Its pods take port ${port} of their node, and a rollout starts a new one before an old one goes: it needs a node without one, and where there is none it hangs until its deadline.`,
      hint: 'Reach the pods by a Service, make it a DaemonSet, or let one pod go first: maxSurge 0 and maxUnavailable 1.',
    },
  ];
}

function takenPort(workload: Manifest): string | undefined {
  const isOnHost = dig(workload, ...podPathOf(workload), 'hostNetwork') === true;
  const ports = containersOf(workload).flatMap(({ container }) => listAt(container, 'ports'));
  const taken = ports.map((port) => dig(port, 'hostPort') ?? (isOnHost ? dig(port, 'containerPort') : undefined));
  const port = taken.find((each) => typeof each === 'number' && each > 0);
  return port === undefined ? undefined : String(port);
}
