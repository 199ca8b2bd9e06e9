import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Manifest } from '../manifest/manifest.js';

const OWN = Symbol.for('patchway.own');
const REWRITTEN = Symbol.for('patchway.rewritten');

/** Marks an object that Patchway made: no policy is applied to it. */
export function markOwn(object: ApiObject): void {
  Object.defineProperty(object, OWN, { value: true });
}

/** The API objects of a tree, in its order, but for those that Patchway made. */
export function objectsIn(scope: IConstruct): readonly ApiObject[] {
  return objectsAmong(scope.node.findAll());
}

export function objectsAmong(constructs: readonly IConstruct[]): readonly ApiObject[] {
  return constructs.filter((construct): construct is ApiObject => ApiObject.isApiObject(construct) && !(OWN in construct));
}

/** The closest chart that a construct is in or is itself; undefined for an app, and for what lies between an app and its charts. */
export function chartOf(construct: IConstruct): Chart | undefined {
  return [...construct.node.scopes].reverse().find((scope): scope is Chart => Chart.isChart(scope));
}

interface Rewritten {
  /** In whose name. */
  readonly by: string;
  readonly plain: () => Manifest;
}

/**
 * Changes what an object is written as, whoever asks for it and however often: its own `toJson` is wrapped. A JSON patch
 * would not do, as typed objects drop from the patched result what they do not know.
 */
export function rewrite(object: ApiObject, by: string, edit: (plain: Manifest) => Manifest): void {
  const rewritten: Rewritten = { by, plain: object.toJson.bind(object) };
  Object.defineProperty(object, REWRITTEN, { value: rewritten });
  Object.defineProperty(object, 'toJson', { value: () => edit(rewritten.plain()), configurable: true, writable: true });
}

/** In whose name an object is rewritten. */
export function rewrittenBy(object: ApiObject): string | undefined {
  return rewrittenOf(object)?.by;
}

/** An object as its author wrote it, also where it is rewritten. */
export function plainOf(object: ApiObject): Manifest {
  return rewrittenOf(object)?.plain() ?? object.toJson();
}

function rewrittenOf(object: ApiObject & { readonly [REWRITTEN]?: Rewritten }): Rewritten | undefined {
  return object[REWRITTEN];
}
