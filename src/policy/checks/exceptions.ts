import { scopeOf } from '../exceptions.js';
import { suggest } from '../suggest.js';
import { type Check, error, warning } from './check.js';

/** An exception's stage is one of the policy's. */
export const exceptionsNameStages: Check = ({ document: { exceptions = [], stages }, intact }) => {
  if (!stages.every((_, i) => intact(`stages[${i}].name`))) return [];
  const names = stages.map(({ name }) => name);
  return exceptions.flatMap(({ stage }, i) => {
    if (stage === undefined || names.includes(stage)) return [];
    const meant = suggest(stage, names);
    const hint = meant === undefined ? `The stages are ${names.join(', ')}.` : `Did you mean '${meant}'?`;
    return [error(`exceptions[${i}].stage`, `There is no stage '${stage}'.`, hint)];
  });
};

/** Each exception is written once: of two the longer counts, which the shorter does not say. */
export const exceptionsDiffer: Check = ({ document: { exceptions = [] }, intact }) => {
  const first = new Map<string, number>();
  return exceptions.flatMap((exception, i) => {
    if (!intact(`exceptions[${i}]`)) return [];
    const scope = scopeOf(exception);
    const earlier = first.get(scope);
    if (earlier === undefined) {
      first.set(scope, i);
      return [];
    }
    const message = `exceptions[${earlier}] is about the same findings: the one that ends later counts.`;
    return [warning(`exceptions[${i}]`, message, 'Keep one of the two.')];
  });
};
