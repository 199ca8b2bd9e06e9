import type { Problem } from '../../problem.js';
import { formatDuration } from '../duration.js';
import type { Stage } from '../policy.js';
import { gateOf } from '../stage-gate.js';
import { type Check, type Draft, error, warning } from './check.js';
import { type Journey, journeyTo, type Leg } from './journey.js';
import { exploitedDeadline, type NamedDeadline, shortestDeadline, soaksUpTo } from './soak.js';

/**
 * A fix reaches the last stages before the shortest deadline: never is an error, not in every week a warning with the worst
 * instant. Exploited findings are looked at by themselves where they need not soak or wait for windows.
 */
export const deadlinesCanBeMet: Check = (draft) => {
  if (!draft.intact('scan.schedule') || !draft.intact('promotion.schedule') || !draft.intact('stages') || !draft.intact('windows'))
    return [];
  const { stages } = draft.document;
  const last = stages.flatMap((stage, i) => (stages.some(({ after }) => after.includes(stage.name)) ? [] : [{ stage, i }]));
  return last.flatMap(({ stage, i }) => tracks(draft).flatMap((track) => lateness(draft, stage, i, track)));
};

/** Findings that take the same way, and their shortest deadline. */
interface Track extends NamedDeadline {
  readonly soaks: boolean;
  readonly waits: boolean;
}

function tracks({ document }: Draft): readonly Track[] {
  const gate = gateOf(document);
  const { exploited } = gate;
  const shortest = shortestDeadline(gate, true);
  const common = shortest === undefined ? [] : [{ ...shortest, soaks: true, waits: true }];
  const urgent = exploitedDeadline(gate);
  if (urgent === undefined) return common;
  return [{ ...urgent, soaks: exploited?.skipSoak !== true, waits: exploited?.bypassWindows !== true }, ...common];
}

function lateness({ document }: Draft, stage: Stage, index: number, track: Track): readonly Problem[] {
  const soaked = track.soaks ? (soaksUpTo(document.stages).get(stage.name) ?? 0) : 0;
  const journeys = soaked < track.deadline ? journeyTo(document, stage, track) : undefined;
  if (journeys === undefined) return [];
  const { shortest, longest } = journeys;
  const deadline = `${formatDuration(track.deadline)}, the deadline of ${track.of} findings`;
  if (shortest.length > track.deadline) {
    const message = `A fix needs ${formatDuration(shortest.length)} to ${stage.name} at best, longer than ${deadline}: ${stage.name} could never be in time.`;
    return [error(culprit(document.windows.length > 0, stage, index), message, remedy(track, document.stages.length > 1))];
  }
  if (longest.length <= track.deadline) return [];
  const message = `In an unlucky week a fix needs ${formatDuration(longest.length)} to ${stage.name}, longer than ${deadline}. ${story(longest)}`;
  return [warning(`stages[${index}]`, message, remedy(track, document.stages.length > 1))];
}

function culprit(hasWindows: boolean, stage: Stage, index: number): string {
  if (stage.windows.length === 0) return stage.after.length > 0 ? 'promotion.schedule' : 'rollout.minReady';
  return hasWindows ? 'windows' : `stages[${index}].windows`;
}

function remedy(track: Track, promoted: boolean): string {
  const exploited = track.of === 'exploited';
  const ways = [
    'Scan more often',
    ...(promoted && track.soaks ? [exploited ? 'set exploited.skipSoak' : 'shorten the soak'] : []),
    ...(promoted && track.waits ? [exploited ? 'set exploited.bypassWindows' : 'open more windows'] : []),
    'allow more time',
  ];
  return `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}.`;
}

function story({ from, legs }: Journey): string {
  return `Released at ${instant(from)}, ${legs.map(({ what, at }: Leg) => `${what} ${instant(at)}`).join(', ')}.`;
}

function instant(at: number): string {
  return new Date(at)
    .toISOString()
    .replace(/:\d\d\.\d{3}Z$/, 'Z')
    .replace('T', ' ');
}
