import type { ownLabels } from './labels.js';
import type { Manifest } from './manifest.js';

/** One line of a Role: verbs on named objects of a resource. */
export interface Grant {
  readonly apiGroup: '' | 'apps' | 'coordination.k8s.io';
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

/** A Role with exactly these grants and the RoleBinding that gives it to one service account. */
export function access({ name, namespace, labels, subject, grants }: Access): readonly Manifest[] {
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name, namespace, labels },
      rules: grants.map((g) => ({
        apiGroups: [g.apiGroup],
        resources: [g.resource],
        verbs: g.verbs,
        ...(g.names === undefined ? {} : { resourceNames: g.names }),
      })),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: subject.name, namespace: subject.namespace }],
    },
  ];
}
