import { dig } from '../manifest/dig.js';
import { templatePathOf } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import { isObject } from './fields.js';

type Labels = Readonly<Record<string, unknown>>;

/** Whether a Service, a disruption budget or anything else with a `spec.selector` selects the pods of a workload. */
export function selectsPods(manifest: Manifest, workload: Manifest): boolean {
  const selector = dig(manifest, 'spec', 'selector');
  if (!isObject(selector)) return false;
  const labels = objectOr(dig(workload, ...(templatePathOf(workload) ?? []), 'metadata', 'labels'));
  if (manifest.kind === 'Service') return Object.keys(selector).length > 0 && hasAll(labels, selector);
  return hasAll(labels, objectOr(selector.matchLabels)) && expressionsOf(selector).every((e) => holds(e, labels));
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

function objectOr(value: unknown): Labels {
  return isObject(value) ? value : {};
}
