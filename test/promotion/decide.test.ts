import { describe, expect, it } from 'vitest';
import { decide } from '../../src/promotion/decide.js';
import type { Situation } from '../../src/promotion/situation.js';
import { storyOf } from '../../src/promotion/story.js';
import { policy } from '../rules/storefront.js';
import {
  at,
  candidate,
  digest,
  fail,
  HOUR,
  intent,
  MINUTE,
  NOW,
  observed,
  overtime,
  pass,
  production,
  progressing,
  SECOND,
  seen,
  sets,
  situation,
  state,
  two,
  unknown,
  verdicts,
  workload,
} from './support.js';

const soaked = { candidate: candidate('B', { healthyMs: 48 * HOUR }) };
const closed = {
  ...production,
  windows: [{ kind: 'allow', schedule: '0 22 * * *', duration: 6 * HOUR, timeZone: 'UTC', cutoff: 10 * MINUTE }],
} as const;
const strict = { ...policy, gate: { ...policy.gate, exploited: { skipSoak: false, bypassWindows: false } } };
const cure = { ...pass, cures: 'CVE-2021-44228' };
const moving = (step: 'rolling' | 'verifying' | 'rollingBack', changes = {}) => state({ step, intent: intent(changes) });
const stuck = (since: number) => ({ phase: 'stuck', why: 'no progress', since }) as const;
interface Case {
  readonly when: string;
  readonly given: Situation;
  /** The whole decision but its state, in the words a person reads. */
  readonly says: RegExp;
  readonly step?: string;
}

const cases: readonly Case[] = [
  // Nothing to promote
  {
    when: 'staging runs what production runs',
    given: situation({ before: 'A' }),
    says: /^done: Stage production runs what staging runs/,
    step: 'idle',
  },
  {
    when: 'staging went back to what production runs, which withdraws the candidate',
    given: situation({ before: 'A', state: state(soaked) }),
    says: /^done:/,
    step: 'idle',
  },
  {
    when: 'a Deployment is missing here',
    given: situation({ observed: { here: {}, before: { staging: { web: seen('web', 'B') } } } }),
    says: /^blocked: Stage production has no Deployment web in namespace storefront\. Apply/,
  },
  {
    when: 'a Deployment is missing in the stage before',
    given: situation({ observed: { here: { web: seen('web', 'A') }, before: { staging: {} } } }),
    says: /^blocked: .*there is no Deployment web in stage staging.*Apply the manifests of staging/,
  },
  {
    when: 'the stage before runs an image without a digest',
    given: situation({
      observed: {
        here: { web: seen('web', 'A') },
        before: { staging: { web: { ...seen('web', 'B'), images: {}, strange: ['container web runs x'] } } },
      },
    }),
    says: /^blocked: .*web in staging: container web runs x/,
  },
  {
    when: 'two stages before do not agree',
    given: situation({
      stage: { ...production, after: ['staging', 'qa'] },
      observed: { here: { web: seen('web', 'A') }, before: { staging: { web: seen('web', 'B') }, qa: { web: seen('web', 'C') } } },
    }),
    says: /^wait: The stages before do not agree: web in staging runs web:1\.4\.1 .* but web in qa runs web:1\.4\.2/,
  },
  // Health and soak
  {
    when: 'the candidate is new',
    given: situation(),
    says: /^wait: .*has to soak: .* for 0s of 48h.* Not before 2026-11-23T12:00:00/,
    step: 'soaking',
  },
  {
    when: 'the candidate has soaked in part',
    given: situation({ state: state({ candidate: candidate('B', { healthyMs: 47 * HOUR }) }) }),
    says: /^wait: .*for 47h 10m of 48h.* Not before 2026-11-21T12:50:00/,
    step: 'soaking',
  },
  {
    when: 'the candidate is not healthy now',
    given: situation({
      state: state(soaked),
      observed: { here: { web: seen('web', 'A') }, before: { staging: { web: seen('web', 'B', progressing) } } },
    }),
    says: /^wait: .*is not healthy in staging: web in staging: 1 of 2 replicas are available/,
    step: 'soaking',
  },
  {
    when: 'the candidate is scaled to zero',
    given: situation({
      state: state(soaked),
      observed: {
        here: { web: seen('web', 'A') },
        before: { staging: { web: { ...seen('web', 'B'), unproven: 'it is scaled to zero' } } },
      },
    }),
    says: /^wait: .*web in staging: it is scaled to zero/,
  },
  {
    when: 'the candidate has soaked',
    given: situation({ state: state(soaked) }),
    says: /^promote: Promoting web:1\.4\.1 .* from staging to production: it ran healthily in staging for 48h 10m, there are no windows, and the gate is open/,
    step: 'rolling',
  },
  { when: 'no soak is asked for', given: situation({ stage: { ...production, soak: 0 } }), says: /^promote:/ },
  {
    when: 'of two stages before one is not healthy',
    given: situation({
      stage: { ...production, after: ['staging', 'qa'], soak: 0 },
      observed: {
        here: { web: seen('web', 'A') },
        before: { staging: { web: seen('web', 'B') }, qa: { web: seen('web', 'B', progressing) } },
      },
    }),
    says: /^wait: .*web in qa/,
  },
  // Gate
  {
    when: 'the candidate has an overdue finding',
    given: situation({ state: state(soaked), verdicts: verdicts({ B: fail }) }),
    says: /^blocked: The gate is closed for web:1\.4\.1 .*: CVE-1 is overdue\. Move staging to an image without these findings/,
  },
  {
    when: 'the candidate has an overdue finding, and is built anew',
    given: situation({
      state: state(soaked),
      verdicts: verdicts({ B: fail }),
      workloads: [{ ...workload('web', 'A'), remedy: 'rebuild', base: 'alpine:3.19' }],
    }),
    says: /an image without these findings\. Build the image again on a fixed base \(alpine:3\.19\)\.$/,
  },
  {
    when: 'the candidate was not scanned',
    given: situation({ state: state(soaked), verdicts: verdicts({ B: unknown }) }),
    says: /^blocked: The gate is closed .*it has not been scanned\. Let the scans of staging run/,
  },
  {
    when: 'nothing is known of the candidate',
    given: situation({ state: state(soaked), verdicts: {} }),
    says: /^blocked: .*it was not judged/,
  },
  {
    when: 'missing evidence is only warned of',
    given: situation({ state: state(soaked), verdicts: verdicts({ B: { ...unknown, allowed: true } }) }),
    says: /^promote:/,
  },
  {
    when: 'the candidate improves on what runs',
    given: situation({ state: state(soaked), verdicts: verdicts({ B: { ...fail, improves: true } }) }),
    says: /^promote: .*as an improvement on what runs \(CVE-1 is overdue\)/,
  },
  {
    when: 'it improves, and the policy does not let that count',
    given: situation({
      policy: { ...policy, gate: { ...policy.gate, allowImprovement: false } },
      state: state(soaked),
      verdicts: verdicts({ B: { ...fail, improves: true } }),
    }),
    says: /^blocked: The gate/,
  },
  {
    when: 'an image that does not change has an overdue finding',
    given: situation({ ...two(['A', 'X'], ['B', 'X']), stage: { ...production, soak: 0 }, verdicts: verdicts({ B: pass, X: fail }) }),
    says: /^promote:/,
  },
  // Exploited findings
  {
    when: 'it cures an exploited finding and the policy skips the soak',
    given: situation({ verdicts: verdicts({ B: cure }) }),
    says: /^promote: .*the soak is skipped as it fixes CVE-2021-44228/,
  },
  {
    when: 'it cures one and the policy does not skip the soak',
    given: situation({ policy: strict, verdicts: verdicts({ B: cure }) }),
    says: /^wait: .*has to soak/,
  },
  {
    when: 'it cures one in a closed window that the policy passes',
    given: situation({ stage: closed, verdicts: verdicts({ B: cure }) }),
    says: /^promote: .*the window is closed, but passed as it fixes CVE-2021-44228/,
  },
  {
    when: 'it cures one in a closed window that the policy keeps',
    given: situation({ policy: strict, stage: closed, state: state(soaked), verdicts: verdicts({ B: cure }) }),
    says: /^wait: Everything is ready; the window is closed\. Not before 2026-11-21T22:00:00/,
    step: 'awaitingWindow',
  },
  {
    when: 'it cures one and is not healthy',
    given: situation({
      verdicts: verdicts({ B: cure }),
      observed: { here: { web: seen('web', 'A') }, before: { staging: { web: seen('web', 'B', progressing) } } },
    }),
    says: /^wait: .*not healthy/,
  },
  // Windows
  {
    when: 'the window is closed',
    given: situation({ stage: closed, state: state(soaked) }),
    says: /^wait: Everything is ready; the window is closed/,
    step: 'awaitingWindow',
  },
  {
    when: 'the window is open',
    given: situation({ stage: closed, state: state({ candidate: candidate('B', { healthyMs: 48 * HOUR }) }), now: NOW + 11 * HOUR }),
    says: /^promote: .*the window is open/,
  },
  // Own rollout
  {
    when: 'somebody else is rolling this stage out',
    given: situation({
      state: state(soaked),
      observed: { here: { web: seen('web', 'A', progressing) }, before: { staging: { web: seen('web', 'B') } } },
    }),
    says: /^wait: web in production is being rolled out by somebody else/,
  },
  {
    when: 'what runs here is stuck, which the candidate may cure',
    given: situation({
      state: state(soaked),
      observed: { here: { web: seen('web', 'A', stuck(NOW - HOUR)) }, before: { staging: { web: seen('web', 'B') } } },
    }),
    says: /^promote:/,
  },
  // Refused
  {
    when: 'the candidate was refused',
    given: situation({ state: state({ ...soaked, refused: [{ digest: digest('B'), reason: 'It broke.', at: at(NOW) }] }) }),
    says: /^blocked: web:1\.4\.1 .* was refused on 2026-11-21T12:00:00\.000Z and is not tried again\. It broke\. Move staging to another image/,
  },
  {
    when: 'another image was refused',
    given: situation({ state: state({ ...soaked, refused: [{ digest: digest('C'), reason: 'It broke.', at: at(NOW) }] }) }),
    says: /^promote:/,
  },
  // Intents
  {
    when: 'nothing was moved before the run was cut off',
    given: situation({ state: moving('rolling'), stage: { ...production, soak: 0 } }),
    says: /^promote:/,
    step: 'rolling',
  },
  {
    when: 'nothing was moved, and the window closed meanwhile',
    given: situation({ state: { ...moving('rolling'), ...soaked }, stage: closed }),
    says: /^wait: .*window/,
    step: 'awaitingWindow',
  },
  {
    when: 'all was moved before the run was cut off',
    given: situation({ state: moving('rolling'), observed: observed('B', progressing) }),
    says: /^rolling out, until 2026-11-21T12:09:15.000Z at the latest: web: 1 of 2/,
    step: 'verifying',
  },
  {
    when: 'the target is reached and healthy',
    given: situation({ state: moving('verifying'), observed: observed('B') }),
    says: /^promoted: Stage production runs web:1\.4\.1/,
    step: 'idle',
  },
  {
    when: 'the target is reached though the deadline has passed',
    given: situation({ state: moving('verifying', overtime), observed: observed('B') }),
    says: /^promoted:/,
  },
  {
    when: 'the deadline has passed',
    given: situation({ state: moving('verifying', overtime), observed: observed('B', progressing) }),
    says: /^roll back: The rollout of web:1\.4\.1 .* failed: web: 1 of 2/,
    step: 'rollingBack',
  },
  {
    when: 'the rest is up to somebody else, for longer than the deadline',
    given: situation({ state: moving('verifying', overtime), observed: observed('B', { phase: 'paused', why: 'its partition is 1' }) }),
    says: /^wait: web: its partition is 1/,
    step: 'verifying',
  },
  {
    when: 'the rest of putting back is up to somebody else, for longer than the deadline',
    given: situation({ state: moving('rollingBack', overtime), observed: observed('A', { phase: 'paused', why: 'its partition is 1' }) }),
    says: /^wait: The old images are back in place: web: its partition is 1/,
    step: 'rollingBack',
  },
  {
    when: 'Kubernetes gave the rollout up',
    given: situation({ state: moving('verifying'), observed: observed('B', stuck(NOW - 30 * SECOND)) }),
    says: /^roll back: .*no progress/,
    step: 'rollingBack',
  },
  {
    when: 'Kubernetes gave an earlier rollout up',
    given: situation({ state: moving('verifying'), observed: observed('B', stuck(NOW - HOUR)) }),
    says: /^rolling out/,
  },
  {
    when: 'it failed, and nothing is to be put back by itself',
    given: situation({
      policy: { ...policy, rollout: { ...policy.rollout, autoRollback: false } },
      state: moving('verifying', overtime),
      observed: observed('B', progressing),
    }),
    says: /^blocked: The rollout .* rollout\.autoRollback is false.*put web:1\.4\.0 .* back/,
    step: 'verifying',
  },
  {
    when: 'putting back was cut off',
    given: situation({ state: moving('rollingBack'), observed: observed('B', progressing) }),
    says: /^roll back: .*cut off before web/,
    step: 'rollingBack',
  },
  {
    when: 'the old images are back but not yet healthy',
    given: situation({ state: moving('rollingBack'), observed: observed('A', progressing) }),
    says: /^rolling out.*the old images are back in place/,
  },
  {
    when: 'the old images are back and healthy',
    given: situation({ state: moving('rollingBack'), observed: observed('A') }),
    says: /^rolled back: Stage production runs web:1\.4\.0 .* again/,
    step: 'idle',
  },
  {
    when: 'the old images are not healthy either',
    given: situation({ state: moving('rollingBack', overtime), observed: observed('A', progressing) }),
    says: /^blocked: .*not healthy either.*Look at the pods in storefront/,
    step: 'rollingBack',
  },
  {
    when: 'somebody put a third image there',
    given: situation({ state: moving('verifying'), observed: observed('C') }),
    says: /^changed by somebody else: .*during a promotion of web:1\.4\.1.*: web runs web:1\.4\.2/,
    step: 'verifying',
  },
  {
    when: 'somebody put a third image there while it was put back',
    given: situation({ state: moving('rollingBack'), observed: observed('C') }),
    says: /^changed by somebody else/,
    step: 'rollingBack',
  },
  {
    when: 'somebody put the old image back during the rollout',
    given: situation({ state: moving('verifying'), observed: observed('A') }),
    says: /^rolled back: Somebody put web:1\.4\.0 .* back/,
    step: 'idle',
  },
];

describe('the next step of a promotion', () => {
  it.each(cases)('when $when', ({ given, says, step }) => {
    const decision = decide(given);
    expect(storyOf(decision).join(' ')).toMatch(says);
    if (step !== undefined) expect(decision.state.step).toBe(step);
  });

  it('states its intent before it touches anything', () => {
    const { state: next } = decide(situation({ state: state(soaked) }));
    expect(next.intent).toMatchObject({ from: sets('A'), to: sets('B'), startedAt: at(NOW), attempt: 1 });
    expect(next.workloads).toEqual({ web: { current: sets('A').web } });
  });

  it('counts the attempt when it starts over', () => {
    expect(decide(situation({ state: moving('rolling', { attempt: 2 }), stage: { ...production, soak: 0 } })).state.intent?.attempt).toBe(
      3,
    );
  });

  it('records what was promoted, what was there before, and why', () => {
    const { state: next } = decide(
      situation({ state: { ...moving('verifying', { why: 'it soaked' }), ...soaked }, observed: observed('B') }),
    );
    expect(next.intent).toBeUndefined();
    expect(next.candidate).toBeUndefined();
    expect(next.workloads).toEqual({ web: { current: sets('B').web, previous: sets('A').web } });
    expect(next.lastPromotedAt).toBe(at(NOW));
    expect(next.history).toEqual([{ at: at(NOW), what: 'promoted', why: 'it soaked', from: sets('A'), to: sets('B') }]);
  });

  it('remembers what it put back, and does not try it again', () => {
    const failed = decide(situation({ state: moving('verifying', overtime), observed: observed('B', progressing) })).state;
    expect(failed.refused).toMatchObject([{ digest: digest('B'), at: at(NOW) }]);
    const back = decide(situation({ state: failed, observed: observed('A') })).state;
    expect(back.history[0]).toMatchObject({ what: 'rolledBack', from: sets('B'), to: sets('A'), why: failed.refused[0]?.reason });
    expect(back.workloads.web).toEqual({ current: sets('A').web });
    const again = decide(situation({ state: back }));
    expect(again).toMatchObject({ kind: 'blocked', by: 'refused' });
    expect(decide(situation({ state: again.state })).state).toEqual(again.state);
  });

  it('forgets a refusal when the stage before has moved on', () => {
    const refused = [{ digest: digest('B'), reason: 'It broke.', at: at(NOW) }];
    expect(decide(situation({ before: 'C', state: state({ refused }) })).state.refused).toEqual([]);
    expect(decide(situation({ before: 'B', state: state({ refused }) })).state.refused).toEqual(refused);
  });

  it('changes nothing when there is nothing to do', () => {
    const first = decide(situation({ before: 'A' })).state;
    expect(decide(situation({ before: 'A', state: first, now: NOW + HOUR })).state).toEqual(first);
  });

  it('writes a blocked candidate into the history once', () => {
    const first = decide(situation({ state: state(soaked), verdicts: verdicts({ B: unknown }) })).state;
    expect(first.history).toMatchObject([{ what: 'blocked', to: sets('B') }]);
    const later = { ...unknown, reason: 'the scan is older still' };
    expect(decide(situation({ state: first, verdicts: verdicts({ B: later }), now: NOW + HOUR })).state.history).toEqual(first.history);
  });

  it('keeps as much history as the policy says', () => {
    const history = Array.from({ length: 10 }, (_, i) => ({ at: at(NOW - i), what: 'promoted', why: String(i) }) as const);
    const given = situation({
      policy: { ...policy, history: { keep: 3 } },
      state: { ...moving('verifying'), history },
      observed: observed('B'),
    });
    expect(decide(given).state.history.map(({ why }) => why)).toEqual(['because', '0', '1']);
  });

  it('keeps a state that fits into a ConfigMap', () => {
    const history = Array.from({ length: 200 }, () => ({ at: at(NOW), what: 'promoted', why: 'x'.repeat(10_000) }) as const);
    const { state: next } = decide(situation({ state: { ...moving('verifying'), history }, observed: observed('B') }));
    expect(JSON.stringify(next).length).toBeLessThan(700_000);
    expect(next.history.length).toBeGreaterThan(10);
  });
});
