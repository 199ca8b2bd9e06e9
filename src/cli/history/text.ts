import type { Policy, Stage } from '../../policy/policy.js';
import { changesBetween, describeImage, describeImages } from '../../promotion/images.js';
import type { HistoryEntry, PromotionState } from '../../promotion/state.js';
import { localText } from '../local-time.js';

/** What happened in one stage. */
export interface StageHistory {
  readonly stage: Stage;
  /** Absent before the first run. */
  readonly state?: PromotionState;
}

/** What happened, as a person would tell it: stage by stage, newest first, in the policy's time zone. */
export function historyText({ timeZone }: Policy<string>, histories: readonly StageHistory[]): string {
  return histories.map((each) => stageText(each, timeZone)).join('\n');
}

function stageText({ stage: { name, namespace, after, oneOf }, state }: StageHistory, timeZone: string): string {
  const source =
    after.length === 0
      ? 'which is watched'
      : `which takes what ${after.join(oneOf === true ? ' or ' : ' and ')} ${after.length === 1 || oneOf === true ? 'runs' : 'run'}`;
  return [
    `${name} (namespace ${namespace}), ${source}`,
    ...(state === undefined ? ['  Promotion has not run yet.'] : present(state, timeZone)),
    ...(state?.history ?? []).flatMap((entry) => ['', ...entryText(entry, timeZone)]),
    ...foldedText(state),
    '',
  ].join('\n');
}

/** By the step, what becomes of the images that are next; nothing while it is idle. */
const STEPS: Readonly<Record<string, string>> = {
  frozen: 'waits, as the stage is frozen',
  awaitingApproval: 'waits for somebody to approve it',
  soaking: 'waits until it has run healthily for long enough before',
  awaitingWindow: 'waits for a window',
  rolling: 'is being put in place',
  verifying: 'is in place and being watched',
  rollingBack: 'failed and is being taken back',
};

function present({ workloads, step, candidate, intent, frozen, lastError }: PromotionState, timeZone: string): readonly string[] {
  const running = Object.fromEntries(Object.entries(workloads).map(([name, { current }]) => [name, current]));
  const next = intent?.to ?? candidate?.digests;
  const doing = next === undefined || STEPS[step] === undefined ? [] : [`  ${describeImages(next)} ${STEPS[step]}.`];
  return [
    `  It runs ${describeImages(running)}.`,
    ...doing,
    ...(frozen === undefined ? [] : [`  It is frozen by ${frozen.by}: ${sentence(frozen.reason)}`]),
    ...(lastError === undefined
      ? []
      : [`  It stands still since ${localText(Date.parse(lastError.at), timeZone)}: ${sentence(lastError.message)}`]),
  ];
}

function entryText(entry: HistoryEntry, timeZone: string): readonly string[] {
  const { at, why, by, bypassed, evidence } = entry;
  const untold = (evidence ?? []).filter(({ reason }) => !why.includes(reason));
  return [
    `${localText(Date.parse(at), timeZone)}  ${whatHappened(entry)}`,
    `  Why: ${sentence(why)}`,
    ...(bypassed === undefined ? [] : [`  Passed over for an exploited finding: the ${bypassed.join(' and the ')}.`]),
    ...(by === undefined ? [] : [`  By ${by}.`]),
    ...untold.map(({ reference, verdict, reason }) => `  The gate said of ${reference}: ${verdict}, ${sentence(reason)}`),
  ];
}

function whatHappened(entry: HistoryEntry): string {
  const moves = movesOf(entry);
  const images = describeImages(entry.to ?? {});
  switch (entry.what) {
    case 'promoted':
      return `Promoted ${moves}`;
    case 'deployed':
      return `Somebody deployed ${moves}`;
    case 'rolledBack':
      return `Put back ${moves}`;
    case 'refused':
      return `Refused ${images}`;
    case 'blocked':
      return `Held back ${images}`;
    case 'resumed':
      return 'Went on after an interruption';
    case 'foreignChange':
      return 'Somebody else changed what runs';
    case 'approved':
      return `Approved ${images}`;
    case 'frozen':
      return 'Stopped: nothing is promoted from now on';
    case 'unfrozen':
      return 'Resumed: promotion goes on';
  }
}

/** `web from 1.4.0 (sha256:…) to 1.4.1 (sha256:…)`, for each workload. */
function movesOf({ from = {}, to = {} }: HistoryEntry): string {
  const moves = changesBetween(from, to).map(
    (change) =>
      `${change.workload}${change.from === undefined ? '' : ` from ${describeImage(change.reference, change.from)}`} to ${describeImage(change.reference, change.to)}`,
  );
  return moves.join(', ') || 'nothing';
}

function foldedText(state: PromotionState | undefined): readonly string[] {
  const months = Object.entries(state?.folded ?? {});
  if (months.length === 0) return [];
  const counts = (month: Readonly<Record<string, number>>) => Object.entries(month).map(([what, count]) => `${count} ${what}`);
  return ['', 'Before that, only counted', ...months.map(([month, each]) => `  ${month}: ${counts(each).join(', ')}`)];
}

/** As a sentence: a capital at the beginning where it is a word, and a full stop. */
function sentence(text: string): string {
  const trimmed = text.trim();
  return `${/^[a-z]+\s/.test(trimmed) ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed}${/[.!?]$/.test(trimmed) ? '' : '.'}`;
}
