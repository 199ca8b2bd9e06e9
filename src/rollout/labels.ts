import { dig } from '../manifest/dig.js';
import type { Edit } from '../manifest/edit.js';
import { templatePathOf } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import { titleOf } from '../manifest/manifest.js';
import type { Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';
import { isObject } from './fields.js';

/** The label by which a workload without a selector finds its pods. It must never change, so nothing but the name is in it. */
export const NAME_LABEL = 'app.kubernetes.io/name';

/** A selector by its name, where it has none. A CronJob needs none. */
export function selectorEdits(workload: Manifest): readonly Edit[] {
  if (workload.kind === 'CronJob' || dig(workload, 'spec', 'selector') !== undefined) return [];
  const { name } = workload.metadata;
  return [
    { path: ['spec', 'selector'], value: { matchLabels: { [NAME_LABEL]: name } } },
    { path: [...templateOf(workload), 'metadata', 'labels', NAME_LABEL], value: name },
  ];
}

/** The stage's namespace and the labels of a policy's workloads, on the workload and on its pods. The common ones give way to its own. */
export function labelEdits(workload: Manifest, policy: string, stage: Stage): readonly Edit[] {
  const labels = (own: unknown) => ({
    [NAME_LABEL]: workload.metadata.name,
    'app.kubernetes.io/part-of': policy,
    'app.kubernetes.io/managed-by': 'patchway',
    ...(isObject(own) ? own : {}),
    'patchway.dev/policy': policy,
    'patchway.dev/stage': stage.name,
  });
  const pods = [...templateOf(workload), 'metadata', 'labels'];
  return [
    { path: ['metadata', 'namespace'], value: stage.namespace },
    { path: ['metadata', 'labels'], value: labels(workload.metadata.labels) },
    { path: pods, value: labels(dig(workload, ...pods)) },
  ];
}

/** A selector that misses its own pods is refused by Kubernetes. */
export function selectorProblems(workload: Manifest): readonly Problem[] {
  const wanted = dig(workload, 'spec', 'selector', 'matchLabels');
  const labels = [...templateOf(workload), 'metadata', 'labels'];
  return Object.entries(isObject(wanted) ? wanted : {})
    .filter(([key, value]) => dig(workload, ...labels, key) !== value)
    .map(([key, value]) => ({
      path: `${titleOf(workload)} spec.selector.matchLabels`,
      message: `It selects pods by ${key}: ${String(value)}, which is not among the labels of its own pod template.`,
      severity: 'error',
      hint: `Add ${key}: ${String(value)} to ${labels.join('.')}.`,
    }));
}

function templateOf(workload: Manifest): readonly string[] {
  return templatePathOf(workload) ?? [];
}
