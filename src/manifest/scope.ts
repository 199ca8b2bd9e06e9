import type { Manifest } from './manifest.js';

/** Kinds of Kubernetes' own that live in no namespace. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  'APIService',
  'CSIDriver',
  'CertificateSigningRequest',
  'CustomResourceDefinition',
  'FlowSchema',
  'GatewayClass',
  'ImageValidatingPolicy',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'RuntimeClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
]);

/** Whether objects of this kind live in no namespace. Of custom kinds, by convention, those called Cluster-something. */
export function isClusterScoped({ kind }: Manifest): boolean {
  return CLUSTER_SCOPED.has(kind) || kind.startsWith('Cluster');
}

export function inNamespace(manifest: Manifest, namespace: string): Manifest {
  return isClusterScoped(manifest) ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

/** What nothing can go without comes first, as when a person applies one file after another. Other kinds come last. */
const ORDER: readonly string[] = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Secret',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Lease',
  'Service',
  'Deployment',
  'PodDisruptionBudget',
  'CronJob',
];

/** Sorted for applying, and so that another workload adds lines without moving others. */
export function inOrder(manifests: readonly Manifest[]): readonly Manifest[] {
  return manifests
    .map((manifest) => ({ manifest, key: sortKey(manifest) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ manifest }) => manifest);
}

function sortKey({ kind, apiVersion, metadata }: Manifest): string {
  const position = ORDER.indexOf(kind);
  const rank = position === -1 ? ORDER.length : position;
  return `${String(rank).padStart(2, '0')} ${kind} ${metadata.name} ${metadata.namespace} ${apiVersion}`;
}
