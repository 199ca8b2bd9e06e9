import { ownLabels } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import type { PolicyDocument, Stage } from '../policy/policy.js';

/** An admission policy of Kubernetes' own for one stage. */
export interface Admission {
  readonly policy: Pick<PolicyDocument, 'name'>;
  readonly stage: Stage;
  /** What it is about, in its name. */
  readonly topic: string;
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly apiVersions: readonly string[];
    readonly resources: readonly string[];
    readonly operations: readonly ('CREATE' | 'UPDATE')[];
    readonly resourceNames?: readonly string[];
  }[];
  /** More of the policy's spec: variables, validations. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** The ServiceAccount of the stage's namespace that expressions know as `params`. Where it is missing, nothing is let in. */
  readonly params?: string;
}

/** A ValidatingAdmissionPolicy and the binding that makes it hold in the stage's namespace, and only there. */
export function admission({ policy, stage, topic, rules, spec, params }: Admission): readonly Manifest[] {
  const { namespace } = stage;
  const metadata = { name: names.admission(topic, policy.name, stage), labels: ownLabels(policy.name, stage.name, 'guard') };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        ...(params === undefined ? {} : { paramKind: { apiVersion: 'v1', kind: 'ServiceAccount' } }),
        matchConstraints: { resourceRules: rules },
        ...spec,
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: metadata.name,
        ...(params === undefined ? {} : { paramRef: { name: params, namespace, parameterNotFoundAction: 'Deny' } }),
        matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
        validationActions: ['Deny'],
      },
    },
  ];
}

/** A text as CEL writes it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
