import { BREAK_GLASS, KNOWN } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { admission, quoted } from './admission.js';
import type { GuardOptions } from './guard.js';

/**
 * Lets a pod in whose images are all known: by digest, or exactly as written. The label `patchway.dev/break-glass` lets
 * any in, and the audit log says why. Of a pod that is there already only what changes is looked at: controllers must be
 * able to take off their finalizers after its image was forgotten.
 */
export function podPolicy({ policy, stage }: GuardOptions): readonly Manifest[] {
  const after = `stage ${stage.name} of policy ${policy.name}: neither the image lock nor a promotion names them. Lock them with \`patchway lock update\` and apply the stage's manifests; in an emergency label the pod ${BREAK_GLASS}=<reason>.`;
  return admission({
    policy,
    stage,
    topic: 'images',
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods', 'pods/ephemeralcontainers'], operations: ['CREATE', 'UPDATE'] }],
    params: names.guard(stage.name),
    spec: {
      variables: [
        { name: 'images', expression: imagesOf('object') },
        { name: 'before', expression: `oldObject == null ? [] : (${imagesOf('oldObject')})` },
        { name: 'known', expression: `(${listed(KNOWN.lock)} + "\\n" + ${listed(KNOWN.promoted)}).split("\\n")` },
        // Without an `@`, `lastIndexOf` is -1, and the image is compared as it is written.
        {
          name: 'unknown',
          expression: 'variables.images.filter(i, !(i in variables.before) && !(i.substring(i.lastIndexOf("@") + 1) in variables.known))',
        },
        { name: 'reason', expression: reasonOf('object') },
      ],
      validations: [
        {
          expression: 'size(variables.unknown) == 0 || variables.reason != ""',
          messageExpression: `"Images that are not known in " + ${quoted(after)} + " Unknown: " + variables.unknown.join(", ")`,
          message: `There are images that are not known in ${after}`,
          reason: 'Forbidden',
        },
        {
          expression: `oldObject == null || ${reasonOf('oldObject')} == "" || variables.reason != ""`,
          message: `The label ${BREAK_GLASS} stays on a pod: without it nobody would be told what runs. Delete the pod instead.`,
          reason: 'Forbidden',
        },
      ],
      auditAnnotations: [
        {
          key: 'break-glass',
          valueExpression:
            'size(variables.unknown) == 0 || variables.reason == "" ? "" : variables.reason + ": " + variables.unknown.join(", ")',
        },
      ],
    },
  });
}

/** A volume may bring an image, too: what is in it can be run. */
function imagesOf(pod: string): string {
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].map(
    (field) => `${pod}.spec.?${field}.orValue([]).map(c, c.?image.orValue(""))`,
  );
  const volumes = `${pod}.spec.?volumes.orValue([]).filter(v, has(v.image)).map(v, v.image.?reference.orValue(""))`;
  return [...containers, volumes].join(' + ');
}

function reasonOf(pod: string): string {
  return `${pod}.metadata.?labels[?${quoted(BREAK_GLASS)}].orValue("")`;
}

function listed(annotation: string): string {
  return `params.metadata.?annotations[?${quoted(annotation)}].orValue("")`;
}
