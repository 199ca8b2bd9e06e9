import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { hasPromotion } from '../policy/has-promotion.js';
import { admission, quoted } from './admission.js';
import type { GuardOptions } from './guard.js';

/**
 * Lets the promoter's account make only the Jobs that verify: by their name, and their containers by image, command and
 * arguments, under the ServiceAccount that the policy names. Kubernetes cannot name what a Role lets create.
 */
export function verifyingPolicy({ policy, stage }: GuardOptions): readonly Manifest[] {
  const pods = (stage.verify ?? []).flatMap((each) => (each.kind === 'job' ? [each.pod] : []));
  if (pods.length === 0 || !hasPromotion(policy, stage)) return [];
  const account = `system:serviceaccount:${stage.namespace}:${names.promotion(stage.name)}`;
  return admission({
    policy,
    stage,
    topic: 'promoter-verifies',
    rules: [{ apiGroups: ['batch'], apiVersions: ['v1'], resources: ['jobs'], operations: ['CREATE', 'UPDATE'] }],
    spec: {
      matchConditions: [{ name: 'promoter', expression: `request.userInfo.username == ${quoted(account)}` }],
      variables: [
        { name: 'pod', expression: 'dyn(object).spec.template.spec' },
        { name: 'runs', expression: shapeOf('variables.pod') },
      ],
      validations: [
        {
          expression: `object.metadata.name.startsWith(${quoted(`${names.verification(stage.name)}-`)}) && [${pods.map(written).join(', ')}].exists(p, p == variables.runs)`,
          message: `The promoter may make the Jobs that verify stage ${stage.name} as the policy says, and no other.`,
          reason: 'Forbidden',
        },
      ],
    },
  });
}

/** The containers of a pod that run something: init containers first. */
export function verifyingContainers(
  pod: unknown,
): readonly { readonly image: string; readonly command: unknown; readonly args: unknown }[] {
  return ['initContainers', 'containers'].flatMap((field) => {
    const list = dig(pod, field);
    return (Array.isArray(list) ? list : []).map((each: unknown) => ({
      image: String(dig(each, 'image')),
      command: dig(each, 'command') ?? [],
      args: dig(each, 'args') ?? [],
    }));
  });
}

/** What is compared of a pod, in CEL: its account, whether it gets that account's token, and what its containers run. */
function shapeOf(pod: string): string {
  const containers = (field: string) =>
    `${pod}.?${field}.orValue([]).map(c, [dyn(c.image), dyn(c.?command.orValue([])), dyn(c.?args.orValue([]))])`;
  return `[dyn(${pod}.?serviceAccountName.orValue("")), dyn(${pod}.?automountServiceAccountToken.orValue(true)), dyn(${containers('initContainers')} + ${containers('containers')})]`;
}

/** The same of what the policy says, as literals: lists of different things are all `dyn`. The API server fills in the account that every namespace has. */
function written(pod: Readonly<Record<string, unknown>>): string {
  const containers = verifyingContainers(pod).map(
    ({ image, command, args }) => `[dyn(${quoted(image)}), dyn(${listOf(command)}), dyn(${listOf(args)})]`,
  );
  return `[dyn(${quoted(String(dig(pod, 'serviceAccountName') ?? ''))}), dyn(${dig(pod, 'automountServiceAccountToken') !== false}), dyn([${containers.join(', ')}])]`;
}

function listOf(texts: unknown): string {
  return Array.isArray(texts) ? `[${texts.map((text: unknown) => quoted(String(text))).join(', ')}]` : '[]';
}
