import { WORKLOAD_KINDS } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import { names } from '../manifest/names.js';
import { hasPromotion } from '../policy/has-promotion.js';
import { admission, quoted } from './admission.js';
import type { GuardOptions } from './guard.js';

/**
 * Lets the promoter's account change the images of its workloads and nothing else of them: being allowed to patch a
 * Deployment is otherwise being allowed to run anything as anyone in the namespace. Fields are compared by what is there,
 * not by a list, so that those of later versions of Kubernetes are covered, too.
 */
export function promoterPolicies({ policy, stage, workloads }: GuardOptions): readonly Manifest[] {
  if (!hasPromotion(policy, stage)) return [];
  const account = `system:serviceaccount:${stage.namespace}:${names.promotion(stage.name)}`;
  const kinds = [...new Set(workloads.map(({ kind }) => kind))].sort().map((kind) => WORKLOAD_KINDS[kind]);
  const byTemplate = new Map(kinds.map(({ template }) => [template.join('.'), template]));
  return [...byTemplate].flatMap(([path, template]) =>
    admission({
      policy,
      stage,
      topic: template.includes('jobTemplate') ? 'promoter-jobs' : 'promoter',
      rules: kinds
        .filter((kind) => kind.template.join('.') === path)
        .map(({ group, version, plural }) => ({
          apiGroups: [group],
          apiVersions: [version],
          resources: [plural],
          operations: ['CREATE', 'UPDATE'] as const,
        })),
      spec: {
        matchConditions: [{ name: 'promoter', expression: `request.userInfo.username == ${quoted(account)}` }],
        variables: [
          { name: 'old', expression: 'dyn(oldObject)' },
          { name: 'new', expression: 'dyn(object)' },
        ],
        validations: onlyImages(template).map((expression) => ({
          expression,
          message: 'The promoter may change the images of a workload, and nothing else of it.',
          reason: 'Forbidden',
        })),
      },
    }),
  );
}

/** One expression for each level from the object down to its containers: everything beside the way down is as it was. */
function onlyImages(template: readonly string[]): readonly string[] {
  const way = [...template, 'spec'];
  return [
    unchanged('', ['metadata', 'status', 'spec']),
    // What the API server itself counts and keeps.
    unchanged('.metadata', ['managedFields', 'generation', 'resourceVersion', 'annotations']),
    // A DaemonSet counts its templates in an annotation.
    unchanged('.metadata.?annotations.orValue({})', ['deprecated.daemonset.template.generation']),
    ...way.map((_, depth) => unchanged(`.${way.slice(0, depth + 1).join('.')}`, below(way, depth))),
    ...LISTS.map((list) => onlyImage(`.${way.join('.')}.?${list}.orValue([])`)),
  ];
}

const LISTS = ['containers', 'initContainers'] as const;

function below(way: readonly string[], depth: number): readonly string[] {
  const next = way[depth + 1];
  return next === undefined ? LISTS : [next];
}

function unchanged(path: string, except: readonly string[]): string {
  return same(`variables.old${path}`, `variables.new${path}`, except);
}

function onlyImage(list: string): string {
  const [old, now] = [`variables.old${list}`, `variables.new${list}`];
  return `${old}.map(c, c.name) == ${now}.map(c, c.name) && ${now}.all(c, ${old}.exists(o, o.name == c.name && ${same('o', 'c', ['image'])}))`;
}

/** Two maps with the same keys and values, but for some keys, which may change and may neither come nor go. */
function same(old: string, now: string, except: readonly string[]): string {
  const excepted = `k in [${except.map(quoted).join(', ')}]`;
  return `size(${old}) == size(${now}) && ${now}.all(k, k in ${old} && (${excepted} || ${old}[k] == ${now}[k]))`;
}
