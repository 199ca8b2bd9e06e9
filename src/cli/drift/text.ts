import type { PolicyDocument } from '../../policy/policy.js';
import type { Difference, WorkloadDrift } from './compare.js';

/** For a person: what differs first, workload by workload, then what does not. */
export function driftText(drifts: readonly WorkloadDrift[]): string {
  const blocks = drifts.filter(({ state }) => state !== 'inSync').map(workloadText);
  const counts = (['drifted', 'missing', 'inSync'] as const).map(
    (state) => [state, drifts.filter((d) => d.state === state).length] as const,
  );
  const words = { drifted: 'drifted', missing: 'missing', inSync: 'in sync' };
  const told = counts.filter(([, count]) => count > 0).map(([state, count]) => `${count} ${words[state]}`);
  return `${blocks.join('')}${drifts.length === 1 ? '1 workload' : `${drifts.length} workloads`}: ${told.join(', ') || 'none'}.\n`;
}

function workloadText({ stage, namespace, kind, workload, state, differences }: WorkloadDrift): string {
  const heading = `${stage}: ${kind}/${workload} (namespace ${namespace})`;
  if (state === 'missing') return `${heading} is not there. Apply the stage's manifests.\n`;
  return `${heading}\n${differences.map((difference) => `  ${differenceText(difference)}\n`).join('')}`;
}

function differenceText(difference: Difference): string {
  const { expected, actual } = difference;
  switch (difference.what) {
    case 'image':
      return `container ${difference.container} is to run ${String(expected)}, and is set to ${String(actual)}`;
    case 'setting':
      return `${difference.path} is to be ${JSON.stringify(expected)}, and is ${JSON.stringify(actual)}`;
    case 'pod':
      return `pod ${difference.pod} on ${difference.node} runs ${String(actual)} in ${difference.container}, though its workload asks for ${String(expected)}`;
  }
}

/** As Prometheus reads it, for a textfile collector or a Pushgateway: 1 where a workload differs, and how many differences there are of each sort. */
export function driftMetrics({ name: policy }: Pick<PolicyDocument, 'name'>, drifts: readonly WorkloadDrift[]): string {
  const labels = ({ stage, namespace, workload }: WorkloadDrift) =>
    `policy="${policy}",stage="${stage}",namespace="${namespace}",workload="${workload}"`;
  const drifted = drifts.map((drift) => `patchway_drift{${labels(drift)}} ${drift.state === 'inSync' ? 0 : 1}\n`);
  const counted = drifts.flatMap((drift) =>
    (['image', 'setting', 'pod'] as const).map(
      (what) => `patchway_drift_differences{${labels(drift)},what="${what}"} ${drift.differences.filter((d) => d.what === what).length}\n`,
    ),
  );
  return [
    '# HELP patchway_drift Whether a workload runs otherwise than lock and policy say.\n# TYPE patchway_drift gauge\n',
    ...drifted,
    '# HELP patchway_drift_differences How many images, settings and pods of a workload differ.\n# TYPE patchway_drift_differences gauge\n',
    ...counted,
  ].join('');
}
