import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Manifest } from '../manifest/manifest.js';
import { isClusterScoped } from '../manifest/scope.js';
import { formatProblem, type Problem } from '../problem.js';
import { markOwn } from './tree.js';

/**
 * Adds manifests to the tree as raw objects: typed ones drop fields that they do not know. With an error, synthesis fails.
 * An immutable object is named by its content: constructs that need the same one share it in `shared`, by default their chart.
 */
export function emit(
  scope: Construct,
  manifests: readonly Manifest[],
  problems: readonly Problem[],
  shared: Construct = Chart.of(scope),
): void {
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  if (errors.length > 0) scope.node.addValidation({ validate: () => errors });
  else for (const manifest of manifests) add(manifest.immutable === true ? shared : scope, manifest);
}

function add(scope: Construct, manifest: Manifest): void {
  const id = [manifest.kind, manifest.metadata.namespace, manifest.metadata.name].filter(Boolean).join('-');
  if (manifest.immutable === true && scope.node.tryFindChild(id) !== undefined) return;
  const object = new ApiObject(scope, id, manifest);
  markOwn(object);
  // The chart's namespace is for objects that live in one.
  if (isClusterScoped(manifest) && object.metadata.namespace !== undefined) object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
}
