import { type AgentMount, agentContainer, agentVolumes, restrictedPod } from '../../manifest/agent-pod.js';
import { ownLabels } from '../../manifest/labels.js';
import type { Manifest } from '../../manifest/manifest.js';
import { names } from '../../manifest/names.js';
import type { PolicyDocument, RolloutPolicy, Stage, Verification } from '../../policy/policy.js';
import { seconds } from '../container.js';

export interface AnalysisInput {
  readonly policy: PolicyDocument;
  /** Its verifying Jobs locked. */
  readonly stage: Stage;
  readonly mount: AgentMount;
}

type Metric = Readonly<Record<string, unknown>>;

/** A stage's verifications as Argo Rollouts runs them between the steps of a rollout; none where it runs none. */
export function analysisManifests({ policy, stage, mount }: AnalysisInput): readonly Manifest[] {
  const { verify = [] } = stage;
  if (policy.rollout.strategy === 'rolling' || verify.length === 0) return [];
  const metrics = verify.map((verification, index): Metric => {
    const metric = { name: `verify-${index}`, ...afterSwitch(policy.rollout) };
    if (verification.kind === 'prometheus') return { ...metric, ...prometheusMetric(verification) };
    return { ...metric, provider: { job: { spec: jobOf(verification.kind === 'job' ? verification.pod : http(mount, index)) } } };
  });
  return [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: {
        name: names.verification(stage.name),
        namespace: stage.namespace,
        labels: ownLabels(policy.name, stage.name, 'verification'),
      },
      spec: { metrics },
    },
  ];
}

/** The Service of the new version was pointed at it a moment ago, and one answer of the old one would be a failure. */
function afterSwitch({ drain }: RolloutPolicy): Metric {
  return drain === 0 ? {} : { initialDelay: `${seconds(drain)}s` };
}

/** How often Prometheus is asked meanwhile. */
const INTERVAL_SECONDS = 10;

/** Every series must hold at every look. Without data it neither holds nor fails: the rollout waits for a person, or for its deadline. */
function prometheusMetric({ server, query, holds, for: duration }: Extract<Verification, { kind: 'prometheus' }>): Metric {
  const { comparison, value } = holds;
  return {
    interval: `${INTERVAL_SECONDS}s`,
    count: Math.max(1, Math.ceil(duration / 1000 / INTERVAL_SECONDS)),
    successCondition: `len(result) > 0 && all(result, {# ${comparison} ${value}})`,
    failureCondition: `len(result) > 0 && any(result, {!(# ${comparison} ${value})})`,
    provider: { prometheus: { address: server, query } },
  };
}

function jobOf(pod: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { backoffLimit: 0, template: { spec: pod } };
}

/** The agent asks: Argo Rollouts' own provider takes nothing but JSON for an answer. */
function http(mount: AgentMount, index: number): Readonly<Record<string, unknown>> {
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod,
    volumes: agentVolumes(mount),
    containers: [
      agentContainer(mount, {
        command: 'verify',
        env: [{ name: 'PATCHWAY_VERIFY', value: String(index) }],
        resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '128Mi' } },
      }),
    ],
  };
}
