import { canonicalJson } from '../manifest/names.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import type { AdoptedParts } from './adopt-parts.js';

/** What is not as it was when it was planned for, as sentences; undefined where everything is. */
export function changeSince(planned: AdoptedParts, now: AdoptedParts): string | undefined {
  const object = [...now.coverage, ...planned.coverage][0]?.object;
  const [before, after] = [planned.workloads, now.workloads].map(said);
  if (before !== after)
    return `${object} was ${before} when the policy was applied and is ${after} now: scans, alerts and promotions would miss the change.`;
  if (canonicalJson(planned.uncovered) !== canonicalJson(now.uncovered))
    return `${object} ran ${planned.uncovered.join(', ') || 'nothing'} when the policy was applied and runs ${now.uncovered.join(', ') || 'nothing'} now.`;
  if (canonicalJson(planned.additions) !== canonicalJson(now.additions))
    return `The disruption budget that belongs beside ${object} is not what it was when the policy was applied.`;
  return undefined;
}

function said(workloads: readonly WorkloadSummary[]): string {
  const all = workloads.map(({ images, kind: _kind, name: _name, ...options }) => {
    const runs = images.map(({ container, reference }) => `${container}: ${reference}`).join(', ');
    return Object.keys(options).length === 0 ? `{${runs}}` : `{${runs}, ${canonicalJson(options)}}`;
  });
  return all.length === 0 ? 'nothing to plan for' : all.join(', ');
}
