import { dig, isObject } from './dig.js';
import { templatePathOf } from './kinds.js';
import type { Json, Manifest } from './manifest.js';

type Labels = Readonly<Record<string, unknown>>;

/** Whether a Service, a disruption budget or anything else with a `spec.selector` selects the pods of a workload. */
export function selectsPods(manifest: Manifest, workload: Manifest): boolean {
  return selects(manifest, podLabels(workload));
}

/** The labels of the pods that an object bears. */
export function podLabels(workload: Manifest): Labels {
  return objectOr(dig(workload, ...(templatePathOf(workload) ?? []), 'metadata', 'labels'));
}

/** Whether an object with a `spec.selector` selects pods with these labels. A Service's selector is made of labels alone, and an empty one selects nothing. */
export function selects(manifest: Manifest, labels: Labels): boolean {
  const selector = dig(manifest, 'spec', 'selector');
  if (!isObject(selector)) return false;
  if (manifest.kind === 'Service') return Object.keys(selector).length > 0 && hasAll(labels, selector);
  return hasAll(labels, objectOr(selector.matchLabels)) && expressionsOf(selector).every((e) => holds(e, labels));
}

/** The values that a `spec.selector` asks for of a label, for each label that it names with values. */
export function wantedLabels(manifest: Manifest): readonly { readonly key: string; readonly values: readonly unknown[] }[] {
  const selector = objectOr(dig(manifest, 'spec', 'selector'));
  const equal = manifest.kind === 'Service' ? selector : objectOr(selector.matchLabels);
  const listed = manifest.kind === 'Service' ? [] : expressionsOf(selector).filter((e) => dig(e, 'operator') === 'In');
  return [
    ...Object.entries(equal).map(([key, value]) => ({ key, values: [value] })),
    ...listed.map((e) => {
      const values = dig(e, 'values');
      return { key: String(dig(e, 'key')), values: Array.isArray(values) ? values : [] };
    }),
  ];
}

function hasAll(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** A requirement of `matchExpressions`; an operator that Kubernetes does not know holds for nothing. */
function holds(expression: unknown, labels: Labels): boolean {
  const key = dig(expression, 'key');
  const values = dig(expression, 'values');
  const value = typeof key === 'string' ? labels[key] : undefined;
  const listed = Array.isArray(values) && values.includes(value);
  switch (dig(expression, 'operator')) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

function expressionsOf(selector: Labels): readonly unknown[] {
  return Array.isArray(selector.matchExpressions) ? selector.matchExpressions : [];
}

function objectOr(value: unknown): { readonly [key: string]: Json | undefined } {
  return isObject(value) ? value : {};
}
