import { formatDuration } from '../duration.js';
import type { DatedWindow, Window } from '../policy.js';
import { gateOf } from '../stage-gate.js';
import { isRecurring, windowState } from '../windows.js';
import { type Check, type Draft, error, warning, writtenWindows } from './check.js';
import { shortestDeadline } from './soak.js';
import { YEAR } from './year.js';

/** A rollout that starts when the window opens must be able to end in it. */
export const windowsFitRollouts: Check = (draft) =>
  writtenWindows(draft)
    .filter(({ window }) => !fitsRollout(window) && (isRecurring(window) || lengthOf(window) > 0))
    .map(({ path, window }) =>
      error(
        isRecurring(window) ? `${path}.duration` : `${path}.to`,
        `${formatDuration(lengthOf(window))} is not longer than its cutoff, ${formatDuration(window.cutoff)}: no rollout could start in it.`,
        'A rollout can take as long as rollout.progressDeadline: lengthen the window, or shorten that or the cutoff.',
      ),
    );

/** Dates the wrong way round are a time that never comes. */
export const windowsEndAfterTheyBegin: Check = (draft) =>
  dated(draft)
    .filter(({ window }) => lengthOf(window) <= 0)
    .map(({ path, window: { from, to } }) =>
      error(`${path}.to`, `The window begins at ${from} and ends at ${to}: it never comes.`, 'Write a later end, or swap the two.'),
    );

/** Nothing that is due within a long freeze can be fixed in time. */
export const freezesLeaveTime: Check = (draft) => {
  const gate = gateOf(draft.document);
  const shortest = shortestDeadline(gate, gate.exploited?.bypassWindows === true);
  if (shortest === undefined || !draft.document.stages.some(({ after }) => after.length > 0)) return [];
  return dated(draft)
    .filter(({ window }) => window.kind === 'deny' && lengthOf(window) > shortest.deadline)
    .map(({ path, window }) => {
      const deadline = `${formatDuration(shortest.deadline)}, the deadline of ${shortest.of} findings`;
      const message = `The freeze lasts ${formatDuration(lengthOf(window))}, longer than ${deadline}: fixes released in it may come too late.`;
      const remedy = shortest.of === 'exploited' ? 'Shorten it, or set exploited.bypassWindows.' : 'Shorten it, or allow more time.';
      return warning(path, message, remedy);
    });
};

/** Windows that are denied whenever they are allowed never open. */
export const windowsOpen: Check = (draft) =>
  windowSets(draft)
    .filter(({ windows }) => windows.every(fitsRollout) && neverOpen(windows))
    .map(({ path }) =>
      error(path, 'No rollout could ever start: whenever one is allowed, another window denies it.', 'Shorten what denies.'),
    );

function dated(draft: Draft): readonly { readonly path: string; readonly window: DatedWindow }[] {
  return writtenWindows(draft).flatMap(({ path, window }) => (isRecurring(window) ? [] : [{ path, window }]));
}

function fitsRollout(window: Window): boolean {
  return window.kind === 'deny' || lengthOf(window) > window.cutoff;
}

function lengthOf(window: Window): number {
  return isRecurring(window) ? window.duration : Date.parse(window.to) - Date.parse(window.from);
}

/** A freeze ends; a window with a date may be the only one. */
function neverOpen(windows: readonly Window[]): boolean {
  if (windows.some((window) => window.kind === 'allow' && !isRecurring(window))) return false;
  const { open, opensAt = Number.POSITIVE_INFINITY } = windowState(windows.filter(isRecurring), YEAR.from);
  return !open && opensAt >= YEAR.to;
}

function windowSets({ document, intact }: Draft) {
  const own = document.stages.flatMap(({ windows }, i) =>
    windows === document.windows ? [] : [{ path: `stages[${i}].windows`, windows }],
  );
  return [{ path: 'windows', windows: document.windows }, ...own].filter(({ path }) => intact(path));
}
