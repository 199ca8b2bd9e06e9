import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { movesLock } from '../policy/engines.js';
import { admission, quoted } from './admission.js';
import type { GuardOptions } from './guard.js';

/**
 * Lets nobody sign for another: whoever writes an approval or a freeze writes their own name, as the API server knows it,
 * first. Taking one back is free to all who may write there. Nothing for a stage that a forge promotes to, or nobody.
 */
export function approvalsPolicy({ policy, stage }: GuardOptions): readonly Manifest[] {
  if (stage.after.length === 0 || movesLock(policy.promotion)) return [];
  const name = names.approvals(stage.name);
  return admission({
    policy,
    stage,
    topic: 'approvals',
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE', 'UPDATE'], resourceNames: [name] }],
    spec: {
      variables: [
        { name: 'old', expression: 'oldObject == null ? {} : oldObject.?data.orValue({})' },
        { name: 'data', expression: 'object.?data.orValue({})' },
        { name: 'signed', expression: `${quoted('{"by":"')} + request.userInfo.username + ${quoted('","at":')}` },
      ],
      validations: [
        {
          expression:
            'variables.data.all(k, (k in variables.old && variables.old[k] == variables.data[k]) || variables.data[k].startsWith(variables.signed))',
          messageExpression: `"What is written in ConfigMap ${name} begins with the name of whoever writes it: " + variables.signed + "…. Nobody signs for another: use \`patchway approve\` or \`patchway freeze\`."`,
          message: `What is written in ConfigMap ${name} carries the name of whoever writes it: nobody signs for another.`,
          reason: 'Forbidden',
        },
        { expression: 'size(object.?binaryData.orValue({})) == 0', message: `ConfigMap ${name} holds text.`, reason: 'Invalid' },
      ],
    },
  });
}
