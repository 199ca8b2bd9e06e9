import { endReason } from '../gate/reasons.js';
import { type BaseCheck, baseName } from '../lock/base.js';
import { toInstant } from '../lock/release.js';
import { formatDuration } from '../policy/duration.js';
import type { GatePolicy } from '../policy/policy.js';
import type { LockedBase } from './lock-base.js';
import { table } from './lock-show.js';
import { short } from './lock-update.js';

export interface BaseFindings {
  readonly findings: readonly string[];
  /** Newer bases that are not old enough yet. */
  readonly held: readonly string[];
}

/**
 * What is the matter with bases, in words.
 * @param minimumAge milliseconds since its release that a newer base must have
 * @param now epoch milliseconds
 */
export function baseFindings(
  bases: readonly LockedBase[],
  { endOfLife }: Pick<GatePolicy, 'endOfLife'>,
  minimumAge: number,
  now: number,
): BaseFindings {
  const findings: string[] = [];
  const held: string[] = [];
  for (const base of bases) {
    const { check, reference, stages } = base;
    const what = `${reference} in ${stages.join(', ')}`;
    if (check?.state === 'behind' && check.newest !== undefined) {
      const { digest, releasedAt } = check.newest;
      const newer = `${baseName(check.base)} is ${short(digest)} in the registry`;
      const readyAt = releasedAt === undefined ? now : Date.parse(releasedAt) + minimumAge;
      if (readyAt <= now) findings.push(`${what}: its base ${newer}${usedText(check)}. Build it again on that, or move to a tag that was.`);
      else held.push(`${what}: its base ${newer}, which is not ${formatDuration(minimumAge)} old before ${toInstant(readyAt)}.`);
    }
    if (base.endOfLife.state === 'ended' && endOfLife !== 'ignore') findings.push(`${what}: ${endReason(base.endOfLife.distribution)}.`);
  }
  return { findings, held };
}

/** The bases as a table; empty where nothing is known of any. */
export function basesText(bases: readonly LockedBase[], now: number): string {
  if (bases.every(({ check, failure, endOfLife }) => check === undefined && failure === undefined && endOfLife.state === 'unknown'))
    return '';
  const rows = bases.map(({ reference, stages, check, failure, endOfLife }) => [
    reference,
    stages.join(', '),
    check === undefined ? '-' : baseName(check.base),
    check === undefined ? '-' : releaseText(check, now),
    failure === undefined ? stateText(check) : 'not answered',
    endOfLife.state === 'ended'
      ? `ended (${endOfLife.distribution})`
      : { notReported: 'not reported', unknown: 'unknown' }[endOfLife.state],
  ]);
  return table([['IMAGE', 'STAGES', 'BASE', 'BASE RELEASED', 'BASE NOW', 'END OF LIFE'], ...rows]);
}

/** The bases for programs: what is not known is null. */
export function basesJson(bases: readonly LockedBase[]): readonly object[] {
  return bases.map(({ reference, digest, stages, check, failure, endOfLife }) => ({
    reference,
    digest,
    stages,
    base:
      check === undefined
        ? null
        : {
            name: baseName(check.base),
            namedBy: check.base.from,
            digest: check.base.digest ?? null,
            releasedAt: check.releasedAt ?? null,
            state: check.state,
            reason: check.why ?? null,
            newest: check.newest === undefined ? null : { digest: check.newest.digest, releasedAt: check.newest.releasedAt ?? null },
          },
    failure: failure ?? null,
    endOfLife: endOfLife.state,
    distribution: endOfLife.state === 'ended' ? endOfLife.distribution : null,
  }));
}

function usedText({ base: { digest } }: BaseCheck): string {
  return digest === undefined ? ', and the image does not begin with its layers' : `, ${short(digest)} in the image`;
}

const DAY = 86_400_000;

function releaseText({ releasedAt }: BaseCheck, now: number): string {
  if (releasedAt === undefined) return 'unknown';
  return `${releasedAt.slice(0, 10)} (${Math.floor((now - Date.parse(releasedAt)) / DAY)}d)`;
}

function stateText(check: BaseCheck | undefined): string {
  if (check === undefined) return 'not named';
  if (check.state === 'unknown') return `unknown: ${check.why ?? ''}`;
  const { newest } = check;
  if (check.state === 'current' || newest === undefined) return 'current';
  return `behind ${short(newest.digest)}${newest.releasedAt === undefined ? '' : ` of ${newest.releasedAt.slice(0, 10)}`}`;
}
