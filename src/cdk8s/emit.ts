import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Manifest } from '../manifest/manifest.js';
import { isClusterScoped } from '../manifest/scope.js';
import { formatProblem, type Problem } from '../problem.js';

/** Adds manifests to the tree as raw objects: typed ones drop fields that they do not know. With an error, synthesis fails. */
export function emit(scope: Construct, manifests: readonly Manifest[], problems: readonly Problem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  if (errors.length > 0) scope.node.addValidation({ validate: () => errors });
  else for (const manifest of manifests) add(manifest.immutable === true ? Chart.of(scope) : scope, manifest);
}

/** An immutable object is named by its content: constructs of one chart that need the same one share it. */
function add(scope: Construct, manifest: Manifest): void {
  const id = [manifest.kind, manifest.metadata.namespace, manifest.metadata.name].filter(Boolean).join('-');
  if (manifest.immutable === true && scope.node.tryFindChild(id) !== undefined) return;
  const object = new ApiObject(scope, id, manifest);
  // The chart's namespace is for objects that live in one.
  if (isClusterScoped(manifest) && object.metadata.namespace !== undefined) object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
}
