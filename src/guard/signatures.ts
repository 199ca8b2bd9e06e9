import { ownLabels } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import type { GuardOptions } from './guard.js';

/**
 * A policy for Kyverno, which verifies cosign's signatures when pods are made. Nothing unless the policy asks for it.
 * @see https://kyverno.io/docs/policy-types/image-validating-policy/
 */
export function signaturePolicy({ policy, stage, workloads }: GuardOptions): readonly Manifest[] {
  const { signatures } = policy.promotion;
  if (signatures?.admission !== 'kyverno') return [];
  const own = new Set(workloads.flatMap(({ images }) => images.map(({ repository }) => repository)));
  const globs = (signatures.repositories ?? [...own].sort()).flatMap(globsOf);
  const verified = ['containers', 'initContainers', 'ephemeralContainers'].map(
    (list) => `images.${list}.map(image, verifyImageSignatures(image, [attestors.cosign])).all(count, count > 0)`,
  );
  return [
    {
      apiVersion: 'policies.kyverno.io/v1',
      kind: 'ImageValidatingPolicy',
      metadata: { name: names.admission('signatures', policy.name, stage), labels: ownLabels(policy.name, stage.name, 'guard') },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': stage.namespace } },
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], resources: ['pods', 'pods/ephemeralcontainers'], operations: ['CREATE', 'UPDATE'] },
          ],
        },
        matchImageReferences: globs.map((glob) => ({ glob })),
        // Keys are verified against no transparency log: one that is not reachable would keep every pod out.
        attestors: [
          { name: 'cosign', cosign: { key: { data: signatures.publicKey }, ctlog: { insecureIgnoreTlog: true, insecureIgnoreSCT: true } } },
        ],
        validations: [{ expression: verified.join(' && '), message: 'An image is not signed with the key that the patch policy names.' }],
        validationActions: ['Deny'],
      },
    },
  ];
}

/** A repository alone would match others that begin like it. */
function globsOf(pattern: string): readonly string[] {
  return pattern.endsWith('*') ? [pattern] : [`${pattern}:*`, `${pattern}@*`];
}
