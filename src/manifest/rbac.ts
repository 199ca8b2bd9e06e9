import { WORKLOAD_KINDS, type WorkloadKind } from './kinds.js';
import type { ownLabels } from './labels.js';
import type { Manifest } from './manifest.js';

/** One line of a Role: verbs on named objects of a resource. */
export interface Grant {
  readonly apiGroup: '' | 'apps' | 'batch' | 'argoproj.io' | 'coordination.k8s.io';
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Absent only where Kubernetes cannot name objects (creating, or pods whose names are generated). */
  readonly names?: readonly string[];
}

export interface Access {
  readonly name: string;
  /** The namespace in which the grants hold. */
  readonly namespace: string;
  readonly labels: ReturnType<typeof ownLabels>;
  readonly subject: { readonly name: string; readonly namespace: string };
  readonly grants: readonly Grant[];
}

export function serviceAccount(name: string, namespace: string, labels: ReturnType<typeof ownLabels>): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels }, automountServiceAccountToken: false };
}

interface Named {
  readonly kind: WorkloadKind;
  readonly name: string;
}

/**
 * The same verbs on each workload by its kind and name, and sight of the Rollouts that take their pods from some; none where
 * there are no workloads, as no names would be all of them.
 */
export function workloadGrants(workloads: readonly (Named & { readonly rolledBy?: string })[], verbs: readonly string[]): readonly Grant[] {
  const rollouts = workloads.flatMap(({ rolledBy }) => (rolledBy === undefined ? [] : [{ kind: 'Rollout' as const, name: rolledBy }]));
  return [...grantsByKind(workloads, verbs), ...grantsByKind(rollouts, ['get'])];
}

function grantsByKind(objects: readonly Named[], verbs: readonly string[]): readonly Grant[] {
  const kinds = [...new Set(objects.map(({ kind }) => kind))].sort();
  return kinds.map((kind) => {
    const { group, plural } = WORKLOAD_KINDS[kind];
    const names = objects.filter((object) => object.kind === kind).map(({ name }) => name);
    return { apiGroup: group, resource: plural, verbs, names: [...new Set(names)].sort() };
  });
}

/** A Role with exactly these grants. */
export function role({ name, namespace, labels, grants }: Omit<Access, 'subject'>): Manifest {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace, labels },
    rules: grants.map((g) => ({
      apiGroups: [g.apiGroup],
      resources: [g.resource],
      verbs: g.verbs,
      ...(g.names === undefined ? {} : { resourceNames: g.names }),
    })),
  };
}

/** A Role with exactly these grants and the RoleBinding that gives it to one service account. */
export function access({ name, namespace, labels, subject, grants }: Access): readonly Manifest[] {
  return [
    role({ name, namespace, labels, grants }),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: subject.name, namespace: subject.namespace }],
    },
  ];
}
