import type { Stage } from '../policy.js';
import { suggest } from '../suggest.js';
import { type Check, error } from './check.js';

/** Stages are told apart by name. */
export const stageNamesDiffer: Check = ({ document: { stages } }) =>
  repeated(stages, ({ name }) => name).map(({ index, first, value }) =>
    error(`stages[${index}].name`, `'${value}' is the name of stages[${first}] as well.`, 'Give each stage a name of its own.'),
  );

/** Two stages in one namespace of a cluster would take each other's workloads for their own. */
export const stageNamespacesDiffer: Check = ({ document: { stages } }) =>
  repeated(stages, ({ namespace, cluster = '' }) => namespace && `${cluster} ${namespace}`).map(({ index, first }) =>
    error(
      `stages[${index}].namespace`,
      `'${stages[index]?.namespace}' is the namespace of the stage '${stages[first]?.name}' as well.`,
      'Give each stage a namespace of its own.',
    ),
  );

/** `after` names other stages, each once. */
export const stagesComeAfterStages: Check = ({ document: { stages }, intact }) => {
  const names = stages.map(({ name }) => name).filter((name) => name !== '');
  const allNames = stages.every((_, i) => intact(`stages[${i}].name`));
  return stages.flatMap((stage, i) =>
    stage.after.flatMap((before, j) => {
      const path = `stages[${i}].after${stage.oneOf === true ? '.oneOf' : ''}[${j}]`;
      if (before === stage.name) return [error(path, 'A stage cannot come after itself.', 'Name the stage whose images it takes over.')];
      if (stage.after.indexOf(before) < j) return [error(path, `'${before}' is there already.`, 'Name each stage once.')];
      if (names.includes(before) || !allNames) return [];
      const others = names.filter((name) => name !== stage.name);
      const meant = suggest(before, others);
      const hint = meant === undefined ? `The other stages are ${others.join(', ') || 'none'}.` : `Did you mean '${meant}'?`;
      return [error(path, `There is no stage '${before}'.`, hint)];
    }),
  );
};

/** What comes from the lock was reviewed there; nobody is asked again. */
export const approvalsArePromotions: Check = ({ document: { stages } }) =>
  stages.flatMap((stage, i) =>
    stage.approval === undefined || stage.after.length > 0
      ? []
      : [error(`stages[${i}].approval`, `Nothing is promoted to '${stage.name}'.`, 'Approve in the stages that come after it.')],
  );

/** Following `after` from any stage ends at one that takes its images from the lock. */
export const stagesHaveAnOrder: Check = ({ document: { stages } }) => {
  const reported = new Set<string>();
  return stages.flatMap((stage, i) => {
    const cycle = reported.has(stage.name) ? undefined : cycleThrough(stage, stages);
    if (cycle === undefined || cycle.length < 2) return [];
    for (const name of cycle) reported.add(name);
    const circle = [...cycle, stage.name].join(' after ');
    return [error(`stages[${i}].after`, `The stages wait for one another: ${circle}.`, 'Let one of them take its images from the lock.')];
  });
};

/** The names on the way from a stage through `after` back to it. */
function cycleThrough(start: Stage, stages: readonly Stage[]): readonly string[] | undefined {
  const seen = new Set<string>();
  const walk = (stage: Stage): readonly string[] | undefined => {
    if (seen.has(stage.name)) return undefined;
    seen.add(stage.name);
    if (stage.after.includes(start.name)) return [stage.name];
    for (const before of stages) {
      const rest = stage.after.includes(before.name) ? walk(before) : undefined;
      if (rest !== undefined) return [stage.name, ...rest];
    }
    return undefined;
  };
  return walk(start);
}

interface Repetition {
  readonly index: number;
  readonly first: number;
  readonly value: string;
}

function repeated(stages: readonly Stage[], of: (stage: Stage) => string): readonly Repetition[] {
  const values = stages.map(of);
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    return value === '' || first === index ? [] : [{ index, first, value }];
  });
}
