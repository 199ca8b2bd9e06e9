import { dig } from '../../manifest/dig.js';
import { type Deployment, type Manifest, titleOf } from '../../manifest/manifest.js';
import { names } from '../../manifest/names.js';
import { selectsPods } from '../../manifest/selector.js';
import type { RolloutPolicy, Stage } from '../../policy/policy.js';
import type { Problem } from '../../problem.js';
import { seconds } from '../container.js';
import { noSurgeBecause } from '../surge.js';
import type { Surroundings } from '../surroundings.js';

type Fields = Readonly<Record<string, unknown>>;

export interface ArgoStrategy {
  /** A Rollout's; absent where there can be none. */
  readonly strategy?: { readonly canary: Fields } | { readonly blueGreen: Fields };
  /** The Service of the version that is not live yet. */
  readonly services: readonly Manifest[];
  /** The Service, one of those around, that is switched from one version to the next. */
  readonly active?: Manifest;
  readonly problems: readonly Problem[];
}

/** How a Rollout goes from one version to the next, by the policy. */
export function argoStrategy(rollout: RolloutPolicy, stage: Stage, deployment: Deployment, around: Surroundings): ArgoStrategy {
  const live = around.services.filter((service) => selectsPods(service, deployment));
  return rollout.strategy === 'blueGreen' ? blueGreen(rollout, stage, deployment, live, around) : canary(rollout, stage, deployment, live);
}

/** Shares of the replicas that run a new version first; each is verified before the next, and all of them come last. */
const WEIGHTS = [20, 50] as const;

function canary({ minReady }: RolloutPolicy, stage: Stage, deployment: Deployment, live: readonly Manifest[]): ArgoStrategy {
  const proof = isVerified(stage) ? { analysis: analysis(stage) } : { pause: { duration: `${seconds(minReady)}s` } };
  const [only] = live;
  const services = only === undefined || live.length > 1 ? [] : [previewOf(only)];
  const [preview] = services;
  return {
    strategy: {
      canary: {
        ...Object(dig(deployment, 'spec', 'strategy', 'rollingUpdate')),
        ...(preview === undefined ? {} : { canaryService: preview.metadata.name }),
        steps: WEIGHTS.flatMap((setWeight) => [{ setWeight }, proof]),
      },
    },
    services,
    problems: [],
  };
}

function blueGreen(
  { drain }: RolloutPolicy,
  stage: Stage,
  deployment: Deployment,
  live: readonly Manifest[],
  around: Surroundings,
): ArgoStrategy {
  const [active] = live;
  const tooTight = noSurgeBecause(deployment, around);
  const not = (problem: Pick<Problem, 'message' | 'hint' | 'severity'>) => ({
    services: [],
    problems: [{ path: titleOf(deployment), ...problem }],
  });
  if (tooTight !== undefined) return not({ message: `${tooTight}: no second set of them can start. ${STAYS}`, severity: 'warning' });
  if (active === undefined)
    return not({ message: `No Service selects its pods, and blue-green switches one. ${STAYS}`, severity: 'warning' });
  if (live.length > 1) {
    const several = live.map(({ metadata }) => metadata.name).join(' and ');
    const message = `Blue-green switches one Service from the old version to the new one, and ${several} select its pods.`;
    return not({ message, hint: 'Leave one of them, or roll by canary.', severity: 'error' });
  }
  const preview = previewOf(active);
  const strategy = {
    activeService: active.metadata.name,
    previewService: preview.metadata.name,
    autoPromotionEnabled: true,
    ...(isVerified(stage) ? { prePromotionAnalysis: analysis(stage) } : {}),
    // Whoever still has the old pods' addresses gets answers from them.
    scaleDownDelaySeconds: Math.max(30, seconds(drain)),
  };
  return { strategy: { blueGreen: strategy }, services: [preview], active, problems: [] };
}

const STAYS = 'So it stays a Deployment that Kubernetes rolls pod by pod.';

function isVerified({ verify = [] }: Stage): boolean {
  return verify.length > 0;
}

/** What its controller would add is there already: what it changes it owns, and applying again meets a conflict. */
function analysis(stage: Stage): Fields {
  return { templates: [{ templateName: names.verification(stage.name) }], analysisRunMetadata: {} };
}

/**
 * Reaches the new version alone, until it is live. Argo Rollouts writes its selector: a selector is one value to Kubernetes, so
 * that applying one here would be a conflict each time.
 */
function previewOf(active: Manifest): Manifest {
  const { name, labels, namespace } = active.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-preview`, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) },
    spec: { ports: dig(active, 'spec', 'ports') },
  };
}
