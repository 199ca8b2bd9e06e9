import { applyEdits } from '../../manifest/edit.js';
import { type Manifest, titleOf } from '../../manifest/manifest.js';
import type { Stage } from '../../policy/policy.js';
import type { Problem } from '../../problem.js';
import { type Covered, type CoveredInput, coveredBy } from '../covered.js';
import { valueAt } from '../fields.js';
import { surroundingsOf } from '../surroundings.js';
import { argoRollout } from './argo-rollout.js';

/** An adopted workload under the policy. A Deployment that Argo Rollouts is to roll stays, and a Rollout takes its pods from it. */
export function handedOver(input: CoveredInput): Covered {
  const covered = coveredBy(input);
  const { policy, stage, beside } = input;
  const workload = applyEdits<Manifest>(input.workload, covered.edits);
  const around = surroundingsOf(beside, stage.namespace);
  const { rollout, services, active, problems } = argoRollout({ policy, stage, workload, around, byReference: true });
  if (rollout === undefined) return { ...covered, problems: [...covered.problems, ...problems] };
  const { edits, problems: found } = coveredBy({ ...input, stage: withoutReplicas(stage) });
  return {
    edits,
    workload: { ...covered.workload, rolledBy: rollout.metadata.name },
    additions: [...covered.additions, ...services, rollout],
    problems: [...found, ...scaledAgain(input.workload), ...(active === undefined ? [] : [writtenByArgo(active)])],
  };
}

/** They are the Rollout's: a number on the Deployment would have its own pods back. */
function withoutReplicas({ replicas: _rollouts, ...stage }: Stage): Stage {
  return stage;
}

function scaledAgain(workload: Manifest): readonly Problem[] {
  const replicas = valueAt(workload, ['spec', 'replicas']);
  if (replicas === undefined || replicas === 0) return [];
  return [
    {
      path: `${titleOf(workload)} spec.replicas`,
      message: `Argo Rollouts scales it to 0 once the Rollout is healthy. Applied with replicas ${String(replicas)} again, it starts pods that nothing has verified, or meets a conflict.`,
      hint: 'Once the Rollout is healthy, remove replicas here; stages[].replicas or an autoscaler says how many the Rollout has.',
      severity: 'warning',
    },
  ];
}

function writtenByArgo(active: Manifest): Problem {
  return {
    path: `${titleOf(active)} spec.selector`,
    message: 'Argo Rollouts writes it at each switch, and a server-side apply of the Service then meets a conflict.',
    hint: 'Apply it client-side, or leave its selector out once the Rollout is healthy and let the applier ignore it.',
    severity: 'warning',
  };
}
