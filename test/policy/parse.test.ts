import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { policyJsonSchema } from '../../scripts/policy-schema.js';
import { parsePolicy } from '../../src/policy/parse.js';
import { formatProblem } from '../../src/problem.js';
import { storefront } from './storefront.js';

const told = (value: unknown) => parsePolicy(value).problems.map(formatProblem);

describe('defaults', () => {
  it('are those of the reference', () => {
    const { policy } = parsePolicy(storefront());
    expect(policy).toMatchObject({
      timeZone: 'UTC',
      scan: { parallelism: 4, timeout: 900_000, keep: 3, scanners: [{ kind: 'grype', args: [] }] },
      gate: {
        anchor: 'fixReleased',
        onlyFixable: true,
        unknownSeverity: 'high',
        maxEvidenceAge: 129_600_000,
        onMissingEvidence: 'block',
        allowImprovement: true,
      },
      rollout: {
        maxUnavailable: 0,
        maxSurge: '25%',
        minReady: 10_000,
        progressDeadline: 600_000,
        revisionHistory: 5,
        disruptionBudget: { maxUnavailable: 1 },
        drain: 5000,
        spread: 'nodes',
        autoRollback: true,
      },
      windows: [],
      promotion: { engine: 'jobs', schedule: '*/10 * * * *' },
      monitoring: { prometheus: 'operator', exporter: true, labels: {} },
      history: { keep: 200 },
    });
    expect(policy?.stage('production')).toMatchObject({ soak: 172_800_000, windows: [], after: ['staging'] });
  });

  it('of windows are the policy’s: time zone, and the progress deadline as cutoff', () => {
    const windows = [{ kind: 'allow', schedule: '0 * * * *', duration: '1h' }] as const;
    const { policy } = parsePolicy(storefront({ timeZone: 'Europe/Berlin', windows, rollout: { progressDeadline: '5m' } }));
    expect(policy?.stage('staging').windows).toEqual([
      { kind: 'allow', schedule: '0 * * * *', duration: 3_600_000, timeZone: 'Europe/Berlin', cutoff: 300_000 },
    ]);
  });

  it('spread H by the name, and keep it', () => {
    const scan = { schedule: 'H 3 * * *', scanners: [{ kind: 'grype' }] } as const;
    const minutes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => parsePolicy(storefront({ name, scan })).policy?.scan.schedule);
    expect(new Set(minutes).size).toBeGreaterThan(3);
    expect(parsePolicy(storefront({ name: 'a', scan })).policy?.scan.schedule).toBe(minutes[0]);
    for (const schedule of minutes) expect(schedule).toMatch(/^\d+ 3 \* \* \*$/);
  });
});

describe('the hash', () => {
  const hash = (rest: Parameters<typeof storefront>[0]) => parsePolicy(storefront(rest)).policy?.hash;
  it('is 16 hex digits', () => expect(hash({})).toMatch(/^[0-9a-f]{16}$/));
  it('changes with the gate', () => expect(hash({ gate: { deadlines: { critical: '6d' } } })).not.toBe(hash({})));
  it('changes with the scanners', () => {
    expect(hash({ scan: { schedule: '17 3 * * *', scanners: [{ kind: 'trivy' }] } })).not.toBe(hash({}));
  });
  it('stays with everything else', () => expect(hash({ name: 'other', rollout: { drain: '9s' }, history: { keep: 3 } })).toBe(hash({})));
});

describe('a wrong field says what was received, what is expected, and what to do', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['a misspelt field', { timezone: 'UTC' }, "timezone: There is no such field. Did you mean 'timeZone'?"],
    ['an unknown field', { epss: {} }, 'epss: There is no such field. The fields here are name, timeZone,'],
    [
      'a bad duration',
      { history: { keep: 1 }, rollout: { drain: '-5s' } },
      'rollout.drain: This is not a duration. (expected a whole number and a unit',
    ],
    ['an exponent', { rollout: { drain: '1e3s' } }, "received '1e3s'"],
    ['a duration of centuries', { rollout: { drain: '9999w' } }, 'at most ten years'],
    ['a bad name', { name: 'Store_Front' }, 'name: This is not a name that objects can carry. (expected lower-case'],
    ['a long name', { name: 'a'.repeat(31) }, 'at most 30 characters'],
    [
      'a percentage above 100',
      { rollout: { maxSurge: '101%' } },
      "rollout.maxSurge: This is neither a count nor a percentage. (expected a whole number such as 1, or '0%' to '100%', received '101%')",
    ],
    ['half a pod', { rollout: { maxUnavailable: 0.5 } }, 'rollout.maxUnavailable: This is not a count.'],
    ['a negative count', { rollout: { maxSurge: -1 } }, 'rollout.maxSurge: This is not a count.'],
    [
      'a budget of two kinds',
      { rollout: { disruptionBudget: { maxUnavailable: 1, minAvailable: 1 } } },
      'rollout.disruptionBudget: This is not a disruption budget.',
    ],
    [
      'nothing kept',
      { history: { keep: 0 } },
      'history.keep: This is not a count of at least one. (expected a whole number, 1 or more, received 0)',
    ],
    [
      'an unknown zone',
      { timeZone: 'Europe/Berln' },
      "timeZone: This is not a time zone. (expected an IANA name such as 'Europe/Berlin' or 'UTC', received 'Europe/Berln') Did you mean 'Europe/Berlin'?",
    ],
    ['a zone in the wrong case', { timeZone: 'europe/berlin' }, "Did you mean 'Europe/Berlin'?"],
    ['an offset', { timeZone: '+02:00' }, 'timeZone: This is not a time zone.'],
    [
      'an engine that is not there',
      { promotion: { engine: 'kargo' } },
      "promotion.engine: There is no such promotion engine. (expected 'jobs', 'github-actions' or 'gitlab-ci', received 'kargo')",
    ],
    ['an unknown strategy', { rollout: { strategy: 'bluegreen' } }, "Did you mean 'blueGreen'?"],
    [
      'an unknown severity of a check',
      { checks: { latestTag: 'warning' } },
      'checks.latestTag: This is not one of the values to choose from.',
    ],
    [
      'a check that is not there',
      { checks: { lastestTag: 'off' } },
      "checks.lastestTag: There is no such field. Did you mean 'latestTag'?",
    ],
    ...[
      [{ tcp: 'web:80' }, 'stages[0].verify[0]: This is no verification.'],
      [{ http: { url: 'web/healthz' } }, 'stages[0].verify[0].http.url: This is not an address.'],
      [{ http: { url: 'http://web', status: 99 } }, 'stages[0].verify[0].http.status: This is not the status of an answer.'],
      [{ job: { containers: [] } }, 'stages[0].verify[0].job.containers: There is no container.'],
      [
        { prometheus: { server: 'http://p:9090', query: 'up', holds: 'more than 3', for: '5m' } },
        'stages[0].verify[0].prometheus.holds: This is not a condition.',
      ],
    ].map(([verification, problem]): [string, Record<string, unknown>, string] => [
      `the verification ${JSON.stringify(verification)}`,
      { stages: [{ name: 'staging', namespace: 'shop', verify: [verification] }] },
      String(problem),
    ]),
    ['no stages', { stages: [] }, 'stages: There is no stage.'],
    ['no scanners', { scan: { schedule: '@daily', scanners: [] } }, 'scan.scanners: There is no scanner.'],
    [
      'an unknown scanner',
      { scan: { schedule: '@daily', scanners: [{ kind: 'gripe' }] } },
      "scan.scanners[0].kind: This is not one of the values to choose from. (expected 'trivy' or 'grype",
    ],
    ['H as an hour', { scan: { schedule: '0 H * * *', scanners: [{ kind: 'grype' }] } }, 'scan.schedule: '],
    ['a TZ prefix', { scan: { schedule: 'TZ=UTC 0 3 * * *', scanners: [{ kind: 'grype' }] } }, 'Set timeZone instead'],
    ['no deadlines', { gate: {} }, 'gate.deadlines: No severity has a deadline, so that nothing would ever fail. Write deadlines:'],
    ['a bad label', { monitoring: { labels: { 'a-b': 'c' } } }, 'monitoring.labels.a-b: This is not the name of a Prometheus label.'],
    [
      'no alert',
      { monitoring: { disable: ['PatchwayDrift', 'PatchwayDrifts'] } },
      "monitoring.disable[1]: There is no such alert. (expected the name of an alert, as in docs/monitoring.md, received 'PatchwayDrifts') Did you mean 'PatchwayDrift'?",
    ],
    [
      'no alert to change',
      { monitoring: { override: { PatchwayScanMising: { severity: 'page' } } } },
      "monitoring.override.PatchwayScanMising: There is no such alert. (expected the name of an alert, as in docs/monitoring.md, received 'PatchwayScanMising') Did you mean 'PatchwayScanMissing'?",
    ],
    [
      'no severity',
      { monitoring: { severities: { fatal: 'page' } } },
      'monitoring.severities.fatal: There is no such field. The fields here are critical, warning, info.',
    ],
    [
      'no wait',
      { monitoring: { override: { PatchwayDrift: { for: '1 hour' } } } },
      'monitoring.override.PatchwayDrift.for: This is not a duration.',
    ],
    ['no address', { monitoring: { runbookUrl: 'runbooks' } }, 'monitoring.runbookUrl: This is not an address.'],
    [
      'text for a switch',
      { monitoring: { exporter: 'yes' } },
      "monitoring.exporter: This is neither true nor false. (expected true or false, received 'yes')",
    ],
  ])('%s', (_, rest, problem) => {
    const problems = told({ ...storefront(), ...rest });
    expect(problems.filter((p) => p.includes('maxEvidenceAge') === false)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([undefined, null, 3, 'policy'])('%s is not a policy', (value) => expect(told(value)).toHaveLength(1));
});

it('ten mistakes are ten problems, and the policy is not there', () => {
  const { policy, problems } = parsePolicy({
    name: 'Shop',
    timeZone: 'Mars/Olympus',
    scan: { schedule: '0 0 30 2 *', scanners: [{ kind: 'grype' }, { kind: 'grype' }], paralelism: 2 },
    gate: { deadlines: { critical: '24h', high: '14d', medium: '30d', low: 'never' } },
    rollout: { maxSurge: 0, disruptionBudget: { maxUnavailable: 0 } },
    stages: [
      { name: 'staging', namespace: 'shop' },
      { name: 'production', namespace: 'shop', after: ['stagin'] },
    ],
  });
  expect(policy).toBeUndefined();
  expect(problems.map(({ path }) => path).sort()).toEqual([
    'gate.deadlines.low',
    'name',
    'rollout.disruptionBudget',
    'rollout.maxSurge',
    'scan.paralelism',
    'scan.scanners[1].kind',
    'scan.schedule',
    'stages[1].after[0]',
    'stages[1].namespace',
    'timeZone',
  ]);
});

it('a field that is set to undefined is not set', () => {
  expect(told({ ...storefront(), timeZone: undefined, rollout: { drain: undefined } })).toEqual([]);
});

it('policy.schema.json is current: run npm run schema', () => {
  expect(readFileSync(new URL('../../policy.schema.json', import.meta.url), 'utf8')).toBe(policyJsonSchema());
});
