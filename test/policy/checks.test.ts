import { describe, expect, it } from 'vitest';
import type { GateInput, PolicyInput, RecurringWindowInput, StageInput } from '../../src/policy/input.js';
import { parsePolicy } from '../../src/policy/parse.js';
import { formatProblem } from '../../src/problem.js';
import { storefront } from './storefront.js';

const told = (rest: Partial<PolicyInput>) => parsePolicy(storefront(rest)).problems.map((p) => `${p.severity} ${formatProblem(p)}`);
const staging: StageInput = { name: 'staging', namespace: 's' };
const production = (rest: Partial<StageInput> = {}): StageInput => ({ name: 'production', namespace: 'p', after: ['staging'], ...rest });
const gate = (rest: Partial<GateInput> = {}): GateInput => ({
  deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' },
  ...rest,
});
const allow = (
  schedule: string,
  duration: RecurringWindowInput['duration'],
  rest: Partial<RecurringWindowInput> = {},
): RecurringWindowInput => ({
  kind: 'allow',
  schedule,
  duration,
  ...rest,
});

it('a sound policy has no problems', () => expect(told({})).toEqual([]));

it.each<[string, Partial<PolicyInput>]>([
  ['stages in two clusters by a forge', { stages: [staging, production({ cluster: 'eu-1' })], promotion: { engine: 'github-actions' } }],
  [
    'one namespace in two clusters',
    { stages: [staging, production({ namespace: 's', cluster: 'eu-1' })], promotion: { engine: 'gitlab-ci' } },
  ],
  ['stages in one named cluster', { stages: [{ ...staging, cluster: 'eu-1' }, production({ cluster: 'eu-1' })] }],
  ['clusters of stages that have nothing to do with each other', { stages: [staging, { ...production({ cluster: 'eu-1' }), after: [] }] }],
])('nor has a policy with %s', (_, policy) => expect(told(policy)).toEqual([]));

describe('each of these has exactly one problem', () => {
  it.each<[string, Partial<PolicyInput>, string]>([
    ['a stage named twice', { stages: [staging, { name: 'staging', namespace: 'b' }] }, "error stages[1].name: 'staging' is the name of"],
    [
      'two stages in a namespace',
      { stages: [staging, production({ namespace: 's' })] },
      "error stages[1].namespace: 's' is the namespace of",
    ],
    [
      'stages in two clusters by jobs',
      { stages: [staging, production({ cluster: 'eu-1' })] },
      "error stages[1].cluster: 'production' is in cluster 'eu-1' and 'staging', which it comes after, in the current context's cluster: the promotion engine 'jobs' works within one cluster. Set promotion.engine to github-actions or gitlab-ci.",
    ],
    [
      'a forge that is to watch',
      { promotion: { engine: 'gitlab-ci' }, rollout: { autoRollback: 'watch' } },
      "error rollout.autoRollback: The promotion engine 'gitlab-ci' does not watch what others roll out. Write true: what it deploys itself is reverted by a request. Or set promotion.engine to jobs.",
    ],
    [
      'an unknown stage',
      { stages: [staging, production({ after: ['stagin'] })] },
      "stages[1].after[0]: There is no stage 'stagin'. Did you mean 'staging'?",
    ],
    ['a stage after itself', { stages: [staging, production({ after: ['staging', 'production'] })] }, 'cannot come after itself'],
    [
      'a stage after another twice',
      { stages: [staging, production({ after: ['staging', 'staging'] })] },
      "after[1]: 'staging' is there already",
    ],
    ['a circle', { stages: [{ ...staging, after: ['production'] }, production()] }, 'staging after production after staging'],
    [
      'a scan that never comes',
      { scan: { schedule: '0 0 30 2 *', scanners: [{ kind: 'trivy' }] } },
      "error scan.schedule: '0 0 30 2 *' never comes.",
    ],
    ['promotion that never comes', { promotion: { schedule: '0 0 31 4 *' } }, 'error promotion.schedule'],
    ['a window that never comes', { windows: [allow('* * * * *', '1h'), allow('0 0 30 2 *', '1h')] }, 'error windows[1].schedule'],
    [
      'a scanner named twice',
      { scan: { schedule: '@daily', scanners: [{ kind: 'grype' }, { kind: 'grype' }] } },
      'error scan.scanners[1].kind',
    ],
    ['Clair without a server', { scan: { schedule: '@daily', scanners: [{ kind: 'clair' }] } }, 'error scan.scanners[0].server: Clair is'],
    [
      'a server for a scanner that runs in the pod',
      { scan: { schedule: '@daily', scanners: [{ kind: 'trivy', server: 'http://trivy:4954' }] } },
      'error scan.scanners[0].server: trivy runs',
    ],
    [
      'arguments for Clair, which is not started',
      { scan: { schedule: '@daily', scanners: [{ kind: 'clair', server: 'http://clair:6060', args: ['--novel'] }] } },
      'error scan.scanners[0].args: Clair is asked',
    ],
    [
      'a server with a name and a password in its address',
      { scan: { schedule: '@daily', scanners: [{ kind: 'clair', server: 'http://me:secret@clair:6060' }] } },
      'error scan.scanners[0].server: The address holds credentials',
    ],
    [
      'a server that is no address',
      { scan: { schedule: '@daily', scanners: [{ kind: 'clair', server: 'http://[' }] } },
      'error scan.scanners[0].server: This is not an address',
    ],
    [
      'a server with a query',
      { scan: { schedule: '@daily', scanners: [{ kind: 'clair', server: 'http://clair:6060/?x' }] } },
      "error scan.scanners[0].server: Clair's paths",
    ],
    ['scans rarer than evidence lasts', { gate: gate({ maxEvidenceAge: '12h' }) }, 'warning gate.maxEvidenceAge: Up to 24h pass'],
    ['no deadline at all', { gate: { deadlines: {} } }, 'error gate.deadlines: No severity has a deadline'],
    [
      'a severity without a deadline',
      { gate: { deadlines: { critical: '7d', high: '14d', low: '90d' } } },
      'warning gate.deadlines: Findings of severity medium',
    ],
    [
      'deadlines that do not grow',
      { gate: gate({ deadlines: { critical: '14d', high: '7d', medium: '30d', low: '90d' } }) },
      'warning gate.deadlines.high: 7d is shorter',
    ],
    [
      'neither surge nor unavailable',
      { rollout: { maxUnavailable: '0%', maxSurge: 0 } },
      'error rollout.maxSurge: maxUnavailable and maxSurge are both 0',
    ],
    [
      'readiness after the deadline',
      { rollout: { minReady: '10m' } },
      'error rollout.minReady: 10m is not shorter than progressDeadline, 10m',
    ],
    ['a budget of nothing', { rollout: { disruptionBudget: { maxUnavailable: 0 } } }, 'error rollout.disruptionBudget'],
    ['a budget of 0%', { rollout: { disruptionBudget: { maxUnavailable: '0%' } } }, 'error rollout.disruptionBudget'],
    ['a budget that keeps all', { rollout: { disruptionBudget: { minAvailable: '100%' } } }, 'error rollout.disruptionBudget'],
    [
      'a budget that keeps all replicas',
      { rollout: { disruptionBudget: { minAvailable: '90%' } }, stages: [{ ...staging, replicas: 3 }] },
      '90% of the 3 pods in staging',
    ],
    [
      'a window shorter than a rollout',
      { windows: [allow('* * * * *', '1h'), allow('0 0 * * *', '10m')] },
      'error windows[1].duration: 10m is not longer than its cutoff, 10m',
    ],
    [
      'windows that are always denied',
      { windows: [allow('0 22 * * *', '1h'), { kind: 'deny', schedule: '0 0 * * *', duration: '24h' }] },
      'error windows: No rollout could ever start',
    ],
  ])('%s', (_, rest, problem) => {
    const problems = told(rest);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});

describe('a soak that takes all the time there is', () => {
  const exploited = { deadline: '24h' } as const;
  const stages = [staging, production({ soak: '48h' })];

  it('is an error that says what to do', () => {
    expect(told({ stages, gate: gate({ exploited }) })[0]).toBe(
      'error stages[1].soak: 48h is not shorter than the shortest deadline, 24h for exploited findings: production could never be in time. Shorten the soak or set exploited.skipSoak.',
    );
  });

  it('is none where exploited findings skip it', () => {
    expect(told({ stages, gate: gate({ exploited: { ...exploited, skipSoak: true } }) }).join()).not.toContain('soak: 48h');
  });

  it('is summed along the stages, and reported where it becomes too long', () => {
    const path = [
      staging,
      { name: 'qa', namespace: 'q', after: ['staging'], soak: '4d' },
      production({ after: ['qa'], soak: '4d' }),
    ] as const;
    expect(told({ stages: path })).toEqual([
      expect.stringContaining('stages[2].soak: 8d together with the soaks before it is not shorter'),
    ]);
  });
});

describe('windows and deadlines', () => {
  const soon = { critical: '24h', high: '14d', medium: '30d', low: '90d' } as const;

  it('that never go together are an error', () => {
    const qa: StageInput = { name: 'qa', namespace: 'q', after: ['staging'], windows: [allow('0 9 * * 1', '2h')] };
    const stages = [staging, qa, production({ after: ['qa'], windows: [allow('0 9 * * 4', '2h')] })];
    const problems = told({ stages, gate: gate({ deadlines: soon }) });
    expect(problems).toEqual([
      expect.stringMatching(/^error stages\[2\]\.windows: A fix needs .* at best, longer than 24h, the deadline of critical/),
    ]);
  });

  it('that go together in most weeks only are a warning with the worst instant', () => {
    const stages = [staging, production({ windows: [allow('0 9 * * 1-5', '8h')] })];
    const problems = told({ stages, gate: gate({ deadlines: { ...soon, critical: '3d' } }) });
    expect(problems).toEqual([
      expect.stringMatching(/^warning stages\[1\]: In an unlucky week .* longer than 3d.*Released at 2026-\d\d-\d\d 03:17Z, found/),
    ]);
  });

  it('that go together in every week are fine', () => {
    const stages = [staging, production({ windows: [allow('0 9 * * 1-5', '8h')] })];
    expect(told({ stages })).toEqual([]);
  });

  it('are not weighed for exploited findings that bypass windows', () => {
    const exploited = { deadline: '4d', bypassWindows: true, skipSoak: true } as const;
    const stages = [staging, production({ windows: [allow('0 9 1 * *', '8h')] })];
    const problems = told({ stages, gate: { deadlines: { critical: '60d', high: '60d', medium: '60d', low: '90d' }, exploited } });
    expect(problems).toEqual([]);
  });

  it('are weighed the same whenever the policy is read', () => {
    const stages = [staging, production({ windows: [allow('0 9 * * 1-5', '8h')] })];
    const rest = { stages, gate: gate({ deadlines: { ...soon, critical: '3d' } }) } as const;
    expect(told(rest)).toEqual(told(rest));
  });
});

it('a layered policy of many stages is judged without delay', () => {
  const layer = (n: number) => (n === 0 ? [] : [`a${n - 1}`, `b${n - 1}`]);
  const stages = Array.from({ length: 12 }, (_, n) =>
    ['a', 'b'].map((x) => ({ name: `${x}${n}`, namespace: `${x}${n}`, after: layer(n) })),
  );
  expect(told({ stages: stages.flat() }).filter((p) => p.startsWith('error'))).toEqual([]);
});
