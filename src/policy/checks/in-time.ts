import type { Problem } from '../../problem.js';
import { formatDuration } from '../duration.js';
import type { Stage } from '../policy.js';
import { gateOf } from '../stage-gate.js';
import { type Check, type Draft, error, warning } from './check.js';
import { type Journey, journeyTo, type Leg, takesAtMost } from './journey.js';
import { exploitedDeadline, type NamedDeadline, shortestDeadline, soaksUpTo } from './soak.js';

/** A fix can reach the last stages before the shortest deadline: where it never does is an error. */
export const deadlinesCanBeMet: Check = (draft) =>
  ways(draft).flatMap((way) => (isSometimesInTime(draft, way) ? [] : lateness(draft, way).filter(({ severity }) => severity === 'error')));

/**
 * A fix reaches the last stages before the shortest deadline in every week: where it does not is a warning with the worst
 * instant. A whole year is looked at, which is for those who read warnings.
 */
export const deadlinesAreAlwaysMet: Check = (draft) =>
  ways(draft).flatMap((way) => lateness(draft, way).filter(({ severity }) => severity === 'warning'));

/** One way of fixes to a stage that none comes after. */
interface Way {
  readonly stage: Stage;
  readonly index: number;
  readonly track: Track;
}

/** Exploited findings are looked at by themselves where they need not soak or wait for windows. */
function ways(draft: Draft): readonly Way[] {
  if (!draft.intact('scan.schedule') || !draft.intact('promotion.schedule') || !draft.intact('stages') || !draft.intact('windows'))
    return [];
  const { stages } = draft.document;
  const soaked = soaksUpTo(stages);
  return stages.flatMap((stage, index) => {
    if (stages.some(({ after }) => after.includes(stage.name))) return [];
    const withinDeadline = (track: Track) => !track.soaks || (soaked.get(stage.name) ?? 0) < track.deadline;
    return tracks(draft)
      .filter(withinDeadline)
      .map((track) => ({ stage, index, track }));
  });
}

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

function isSometimesInTime({ document }: Draft, { stage, track }: Way): boolean {
  return takesAtMost(document, stage, track, track.deadline);
}

function lateness({ document }: Draft, { stage, index, track }: Way): readonly Problem[] {
  const journeys = journeyTo(document, stage, track);
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
