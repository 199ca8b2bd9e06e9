import { remedyWords } from '../manifest/remedy.js';
import { REMEDIES, type Remedy } from '../manifest/workload-options.js';
import type { StageRules } from './alert.js';

/** Of an alert about a workload: what its red verdict asks for, so that a receiver can be chosen by it. */
export function remedyLabel(context: Pick<StageRules, 'workloads'>): Readonly<Record<string, string>> {
  return { remedy: byWorkload(context, (remedy) => remedy) };
}

/** The same as a sentence. */
export function remedySentence(context: Pick<StageRules, 'workloads'>): string {
  return byWorkload(context, (remedy) => `${remedyWords(remedy)}.`);
}

/**
 * A text of Prometheus' templates that depends on the alert's workload. It is no label of a series: the alerts that matter
 * most fire whatever else is known of a workload.
 */
function byWorkload({ workloads }: Pick<StageRules, 'workloads'>, textOf: (remedy: Remedy) => string): string {
  const others = REMEDIES.filter((remedy) => remedy !== 'update').flatMap((remedy) => {
    const named = workloads.filter((workload) => workload.remedy === remedy).map(({ name }) => JSON.stringify(name));
    return named.length === 0 ? [] : [{ test: `eq $labels.workload ${named.join(' ')}`, text: textOf(remedy) }];
  });
  if (others.length === 0) return textOf('update');
  const cases = others.map(({ test, text }, index) => `{{ ${index === 0 ? 'if' : 'else if'} ${test} }}${text}`);
  return `${cases.join('')}{{ else }}${textOf('update')}{{ end }}`;
}
