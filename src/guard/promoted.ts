import { KNOWN } from '../manifest/labels.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { hasPromotion } from '../policy/has-promotion.js';
import { admission, quoted } from './admission.js';
import type { GuardOptions } from './guard.js';

/**
 * Lets only those change what counts as promoted who may `promote` the guard's ServiceAccount: a verb of Kubernetes' access control
 * that the promoter's Role has, and administrators of the cluster. Nothing for a stage that no run changes.
 */
export function promotedPolicy({ policy, stage }: GuardOptions): readonly Manifest[] {
  if (!hasPromotion(policy, stage)) return [];
  const name = names.guard(stage.name);
  return admission({
    policy,
    stage,
    topic: 'promoted',
    rules: [
      { apiGroups: [''], apiVersions: ['v1'], resources: ['serviceaccounts'], operations: ['CREATE', 'UPDATE'], resourceNames: [name] },
    ],
    spec: {
      matchConditions: [{ name: 'not-a-promoter', expression: '!authorizer.requestResource.check("promote").allowed()' }],
      validations: [
        {
          expression: `(oldObject == null ? "" : ${promoted('oldObject')}) == ${promoted('object')}`,
          message: `Only the promotion to ${stage.name} writes the annotation ${KNOWN.promoted}. Whoever promotes by hand needs the verb promote on ServiceAccount ${stage.namespace}/${name}.`,
          reason: 'Forbidden',
        },
      ],
    },
  });
}

function promoted(account: string): string {
  return `${account}.metadata.?annotations[?${quoted(KNOWN.promoted)}].orValue("")`;
}
