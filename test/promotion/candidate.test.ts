import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import type { Situation } from '../../src/promotion/situation.js';
import {
  at,
  candidate,
  complete,
  fail,
  HOUR,
  MINUTE,
  NOW,
  pass,
  production,
  progressing,
  seen,
  sets,
  situation,
  state,
  unknown,
  verdicts,
} from './support.js';

describe('a candidate that soaks', () => {
  const beforeWith = (letter: string, rollout = complete()) => ({
    here: { web: seen('web', 'A') },
    before: { staging: { web: seen('web', letter, rollout) } },
  });
  const followed = (given: Partial<Situation> & { readonly before?: string }) => decide(situation(given)).state.candidate;

  it.each([
    { when: 'the time since the last run', last: NOW - 10 * MINUTE, since: NOW - 5 * HOUR, more: 10 * MINUTE },
    { when: 'only the time since something changed', last: NOW - 10 * MINUTE, since: NOW - 3 * MINUTE, more: 3 * MINUTE },
    { when: 'nothing after a time in which it was not healthy', last: undefined, since: NOW - 3 * MINUTE, more: 0 },
    { when: 'nothing where clocks differ', last: NOW + MINUTE, since: NOW - MINUTE, more: 0 },
  ])('gains $when', ({ last, since, more }) => {
    const { lastHealthyAt: _, ...known } = candidate('B', { healthyMs: HOUR });
    const given = last === undefined ? known : { ...known, lastHealthyAt: at(last) };
    const found = followed({ state: state({ candidate: given }), observed: beforeWith('B', complete(since)) });
    expect(found).toMatchObject({ healthyMs: HOUR + more, lastHealthyAt: at(NOW) });
  });

  it('gains nothing while it is not healthy, and keeps what it has', () => {
    const found = followed({ state: state({ candidate: candidate('B', { healthyMs: HOUR }) }), observed: beforeWith('B', progressing) });
    expect(found).toMatchObject({ healthyMs: HOUR });
    expect(found).not.toHaveProperty('lastHealthyAt');
  });

  const held = { healthyMs: HOUR, heldSince: at(NOW - HOUR) };
  it('is held when a newer image comes, and its clock goes on', () => {
    const found = followed({ before: 'C', state: state({ candidate: candidate('B', { healthyMs: HOUR }) }) });
    expect(found).toMatchObject({ digests: sets('B'), healthyMs: HOUR + 10 * MINUTE, heldSince: at(NOW) });
  });

  it('is held while the newer image rolls out, its clock standing still', () => {
    const found = followed({ state: state({ candidate: candidate('B', held) }), observed: beforeWith('C', progressing) });
    expect(found).toMatchObject({ digests: sets('B'), healthyMs: HOUR, heldSince: held.heldSince });
    expect(followed({ state: state({ candidate: found! }), observed: beforeWith('C') })).toMatchObject({
      digests: sets('B'),
      healthyMs: HOUR,
    });
  });

  it('is promoted once it has soaked, though a newer image runs', () => {
    const decision = decide(situation({ before: 'C', state: state({ candidate: candidate('B', { ...held, healthyMs: 48 * HOUR }) }) }));
    expect(decision).toMatchObject({ kind: 'promote', images: sets('B') });
  });

  it('is held no more when it comes back', () => {
    expect(followed({ state: state({ candidate: candidate('B', held) }) })).not.toHaveProperty('heldSince');
  });

  it.each([
    { when: 'fixes an exploited finding', verdict: { B: pass, C: { ...pass, curesCandidate: 'CVE-1' } } },
    { when: 'comes while the gate is closed for the candidate', verdict: { B: fail, C: pass } },
    { when: 'comes when the evidence of the candidate is too old', verdict: { B: unknown, C: pass } },
  ])('gives way to a newer image that $when', ({ verdict }) => {
    const found = followed({ before: 'C', state: state({ candidate: candidate('B', held) }), verdicts: verdicts(verdict) });
    expect(found).toMatchObject({ digests: sets('C'), healthyMs: 0, seenAt: at(NOW) });
  });

  it('gives way when it was not healthy as the newer image came', () => {
    const { lastHealthyAt: _, ...ill } = candidate('B', { healthyMs: HOUR });
    expect(followed({ before: 'C', state: state({ candidate: ill }) })).toMatchObject({ digests: sets('C') });
  });

  it('stays while it cannot be told what the stages before run', () => {
    const known = candidate('B', { healthyMs: HOUR });
    const given = { stage: { ...production, after: ['staging', 'qa'] }, state: state({ candidate: known }) };
    const disagreeing = { here: { web: seen('web', 'A') }, before: { staging: { web: seen('web', 'B') }, qa: { web: seen('web', 'C') } } };
    expect(followed({ ...given, observed: disagreeing })).toEqual(known);
  });
});
