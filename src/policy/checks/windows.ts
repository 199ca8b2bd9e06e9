import { formatDuration } from '../duration.js';
import type { Window } from '../policy.js';
import { windowState } from '../windows.js';
import { type Check, type Draft, error, writtenWindows } from './check.js';
import { YEAR } from './year.js';

/** A rollout that starts when the window opens must be able to end in it. */
export const windowsFitRollouts: Check = (draft) =>
  writtenWindows(draft)
    .filter(({ window }) => !fitsRollout(window))
    .map(({ path, window }) =>
      error(
        `${path}.duration`,
        `${formatDuration(window.duration)} is not longer than its cutoff, ${formatDuration(window.cutoff)}: no rollout could start in it.`,
        'A rollout can take as long as rollout.progressDeadline: lengthen the window, or shorten that or the cutoff.',
      ),
    );

/** Windows that are denied whenever they are allowed never open. */
export const windowsOpen: Check = (draft) =>
  windowSets(draft)
    .filter(({ windows }) => windows.every(fitsRollout) && neverOpen(windows))
    .map(({ path }) =>
      error(path, 'No rollout could ever start: whenever one is allowed, another window denies it.', 'Shorten what denies.'),
    );

function fitsRollout({ kind, duration, cutoff }: Window): boolean {
  return kind === 'deny' || duration > cutoff;
}

function neverOpen(windows: readonly Window[]): boolean {
  const { open, opensAt = Number.POSITIVE_INFINITY } = windowState(windows, YEAR.from);
  return !open && opensAt >= YEAR.to;
}

function windowSets({ document, intact }: Draft) {
  const own = document.stages.flatMap(({ windows }, i) =>
    windows === document.windows ? [] : [{ path: `stages[${i}].windows`, windows }],
  );
  return [{ path: 'windows', windows: document.windows }, ...own].filter(({ path }) => intact(path));
}
