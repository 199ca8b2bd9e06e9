import { formatDuration } from '../duration.js';
import type { GatePolicy, Milliseconds, Stage } from '../policy.js';
import { SEVERITIES } from '../policy.js';
import { gateOf } from '../stage-gate.js';
import { type Check, error } from './check.js';

/** An image that soaks as long as its findings may stay unfixed arrives too late, always. */
export const soaksFitDeadlines: Check = ({ document }) => {
  const { gate, stages } = document;
  const shortest = shortestDeadline(gateOf(document), gate.exploited?.skipSoak === true);
  if (shortest === undefined) return [];
  const soaked = soaksUpTo(stages);
  return stages.flatMap((stage, i) => {
    const total = soaked.get(stage.name) ?? 0;
    const alreadyLate = stage.after.some((before) => (soaked.get(before) ?? 0) >= shortest.deadline);
    if (total < shortest.deadline || alreadyLate || stage.soak === 0) return [];
    const together = total > stage.soak ? ' together with the soaks before it' : '';
    const deadline = `${formatDuration(shortest.deadline)} for ${shortest.of} findings`;
    const message = `${formatDuration(total)}${together} is not shorter than the shortest deadline, ${deadline}: ${stage.name} could never be in time.`;
    const remedy = shortest.of === 'exploited' ? 'set exploited.skipSoak' : 'allow more time';
    return [error(`stages[${i}].soak`, message, `Shorten the soak or ${remedy}.`)];
  });
};

/** How long an image has soaked, at least, when it reaches each stage: along the longest way through the stages before, or the shortest where one of them is enough. */
export function soaksUpTo(stages: readonly Stage[]): ReadonlyMap<string, Milliseconds> {
  const known = new Map<string, Milliseconds>();
  const soakUpTo = (stage: Stage): Milliseconds => {
    const soaked = known.get(stage.name);
    if (soaked !== undefined) return soaked;
    known.set(stage.name, stage.soak);
    const before = stages.filter(({ name }) => stage.after.includes(name)).map(soakUpTo);
    const total = stage.soak + (stage.oneOf === true && before.length > 0 ? Math.min(...before) : Math.max(0, ...before));
    known.set(stage.name, total);
    return total;
  };
  for (const stage of stages) soakUpTo(stage);
  return known;
}

/** A deadline and whose it is. */
export interface NamedDeadline {
  readonly of: string;
  readonly deadline: Milliseconds;
}

/** The shortest deadline that findings have; the one of exploited findings may be left out. */
export function shortestDeadline(gate: GatePolicy, withoutExploited: boolean): NamedDeadline | undefined {
  const severities = SEVERITIES.map((severity) => ({ of: severity, deadline: gate.deadlines[severity] }));
  const common = [...severities, { of: 'likely exploited', deadline: gate.epss?.deadline }, ...presetDeadlines(gate, false)];
  const exploited = withoutExploited ? undefined : exploitedDeadline(gate);
  return [...(exploited === undefined ? [] : [exploited]), ...common].reduce<NamedDeadline | undefined>(shorter, undefined);
}

/** The shortest deadline that only exploited findings have: the policy's own, else the preset's. */
export function exploitedDeadline(gate: GatePolicy): NamedDeadline | undefined {
  const own = gate.exploited?.deadline;
  if (own !== undefined) return { of: 'exploited', deadline: own };
  return presetDeadlines(gate, true).reduce<NamedDeadline | undefined>(shorter, undefined);
}

/** Those rows of a preset that some finding may meet: no field of the policy replaces them. */
function presetDeadlines(gate: GatePolicy, exploited: boolean): readonly NamedDeadline[] {
  const free = SEVERITIES.filter((severity) => gate.deadlines[severity] === undefined);
  return (gate.preset?.rows ?? []).flatMap(({ when, deadline }) => {
    const asked = (when.exploited === true) === exploited && !(when.exposed === true && gate.exposure === 'internal');
    const met = exploited || free.some((severity) => when.severity === undefined || when.severity === severity);
    const of = exploited ? 'exploited' : (when.severity ?? `${gate.preset?.name}'s most urgent`);
    return asked && met && deadline !== undefined ? [{ of, deadline }] : [];
  });
}

interface MaybeDeadline {
  readonly of: string;
  readonly deadline: Milliseconds | undefined;
}

function shorter(least: NamedDeadline | undefined, { of, deadline }: MaybeDeadline): NamedDeadline | undefined {
  return deadline !== undefined && (least === undefined || deadline < least.deadline) ? { of, deadline } : least;
}
