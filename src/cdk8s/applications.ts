import type { Construct, IConstruct } from 'constructs';
import { canonicalJson } from '../manifest/names.js';
import type { Setting } from './adopt-parts.js';
import { Application } from './application.js';

const APPLICATIONS = Symbol.for('patchway.applications');

/** A stage of a policy on the tree that a scope belongs to; where the stage is there with other content, synthesis fails. */
export function applicationOf(scope: Construct, setting: Setting): Application | undefined {
  const { policy, stage } = setting;
  const known = applicationsOf(scope).find((a) => a.setting.policy.name === policy.name && a.setting.stage.name === stage.name);
  if (known === undefined) return create(scope, setting);
  const differs = (['policy', 'lock'] as const).find((each) => !isSame(known.setting[each], setting[each]));
  if (differs === undefined) return known;
  const message = `Stage ${stage.name} of policy ${policy.name} is applied in this app already, with another ${differs === 'lock' ? 'image lock' : 'policy of that name'}. Use one for all of the stage.`;
  scope.node.addValidation({ validate: () => [message] });
  return undefined;
}

/** All that is applied in the tree that a construct belongs to. */
export function applicationsOf(construct: IConstruct): readonly Application[] {
  const root: IConstruct & { readonly [APPLICATIONS]?: readonly Application[] } = construct.node.root;
  return root[APPLICATIONS] ?? [];
}

function create(scope: Construct, setting: Setting): Application {
  const { root } = scope.node;
  const application = new Application(root, setting);
  Object.defineProperty(root, APPLICATIONS, { value: [...applicationsOf(scope), application], configurable: true });
  return application;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}
