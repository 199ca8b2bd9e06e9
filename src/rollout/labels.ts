import type { Deployment } from '../manifest/manifest.js';
import { titleOf } from '../manifest/manifest.js';
import type { Stage } from '../policy/policy.js';
import type { Problem } from '../problem.js';

/** The label by which a Deployment without a selector finds its pods. It must never change, so nothing but the name is in it. */
export const NAME_LABEL = 'app.kubernetes.io/name';

/** A Deployment with a selector: its own, else one by its name. */
export function withSelector(deployment: Deployment): Deployment {
  if (deployment.spec.selector !== undefined) return deployment;
  const matchLabels = { [NAME_LABEL]: deployment.metadata.name };
  const { template } = deployment.spec;
  const metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...matchLabels } };
  return { ...deployment, spec: { ...deployment.spec, selector: { matchLabels }, template: { ...template, metadata } } };
}

/** The stage's namespace and the labels of a policy's workloads, on the Deployment and on its pods. The common ones give way to its own. */
export function withLabels(deployment: Deployment, policy: string, stage: Stage): Deployment {
  const { template } = deployment.spec;
  const labels = (own: Readonly<Record<string, string>> | undefined) => ({
    [NAME_LABEL]: deployment.metadata.name,
    'app.kubernetes.io/part-of': policy,
    'app.kubernetes.io/managed-by': 'patchway',
    ...own,
    'patchway.dev/policy': policy,
    'patchway.dev/stage': stage.name,
  });
  return {
    ...deployment,
    metadata: { ...deployment.metadata, namespace: stage.namespace, labels: labels(deployment.metadata.labels) },
    spec: {
      ...deployment.spec,
      template: { ...template, metadata: { ...template.metadata, labels: labels(template.metadata?.labels) } },
    },
  };
}

/** A selector that misses its own pods is refused by Kubernetes. */
export function selectorProblems(deployment: Deployment): readonly Problem[] {
  const wanted = deployment.spec.selector?.matchLabels ?? {};
  const labels = deployment.spec.template.metadata?.labels ?? {};
  return Object.entries(wanted)
    .filter(([key, value]) => labels[key] !== value)
    .map(([key, value]) => ({
      path: `${titleOf(deployment)} spec.selector.matchLabels`,
      message: `It selects pods by ${key}: ${value}, which is not among the labels of its own pod template.`,
      severity: 'error',
      hint: `Add ${key}: ${value} to spec.template.metadata.labels.`,
    }));
}
