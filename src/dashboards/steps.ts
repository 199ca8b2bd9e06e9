import { aggregate, compare, type Expression, metric, multiply, number, or } from '../promql.js';
import { PER_STAGE, STAGES } from './queries.js';

/** How a promotion's steps are called and coloured, in the order it takes them. */
export const STEPS = [
  { state: 'idle', text: 'Idle', color: 'green' },
  { state: 'frozen', text: 'Frozen', color: 'light-blue' },
  { state: 'soaking', text: 'Soaking', color: 'blue' },
  { state: 'awaitingApproval', text: 'Waits for approval', color: 'orange' },
  { state: 'awaitingWindow', text: 'Waits for a window', color: 'yellow' },
  { state: 'rolling', text: 'Rolling', color: 'purple' },
  { state: 'verifying', text: 'Verifying', color: 'super-light-purple' },
  { state: 'rollingBack', text: 'Rolling back', color: 'red' },
] as const;

/** The step of each stage as its place in `STEPS`, from 1: a panel shows numbers, and maps them to texts. */
export function step(): Expression {
  return STEPS.map(({ state }, index) => {
    const here = compare(aggregate('max', PER_STAGE, metric('patchway_promotion_state', { ...STAGES, state })), '==', number(1));
    return index === 0 ? here : multiply(here, number(index + 1));
  }).reduce(or);
}
