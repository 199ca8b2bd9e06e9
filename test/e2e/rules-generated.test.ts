import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkloadSummary } from '../../src/manifest/stage-config.js';
import { toYaml } from '../../src/manifest/yaml.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { PolicyDocument, Stage } from '../../src/policy/policy.js';
import { stageAlerts, stageGroups } from '../../src/rules/groups.js';
import { ruleTest, ruleTestFiles } from '../../src/rules/rule-tests.js';
import { mutantsOf } from '../rules/mutants.js';
import { accepting, api, policy, staging, web, windowed } from '../rules/storefront.js';
import { exec } from './cluster.js';
import { hasPromtool, promtool, promtoolPath } from './promtool.js';

const HOUR = 3_600_000;
const example = (name: string) => loadPolicy(new URL(`../../examples/${name}`, import.meta.url).pathname);
const kinds: readonly WorkloadSummary[] = [
  web,
  { ...web, kind: 'StatefulSet', name: 'database' },
  { ...web, kind: 'DaemonSet', name: 'collector' },
  { ...web, kind: 'Rollout', name: 'canary' },
  { ...web, kind: 'CronJob', name: 'report' },
];
const changed = (rest: Partial<PolicyDocument>): PolicyDocument => ({ ...accepting, ...rest });

/** Policies of the examples, and such as hardly anybody has. */
const policies: readonly (readonly [
  title: string,
  policy: PolicyDocument,
  workloads: readonly WorkloadSummary[],
  stages?: readonly Stage[],
])[] = [
  ['the example with plain YAML', example('storefront-yaml/patch-policy.yaml'), [web, api]],
  ['the example of adopting', example('adopt-yaml/patch-policy.yaml'), [web]],
  ['every kind of workload', accepting, kinds, [staging, windowed]],
  [
    'times that are no round numbers',
    changed({
      rollout: { ...policy.rollout, progressDeadline: 97_000 },
      scan: { ...policy.scan, schedule: '*/7 * * * *', timeout: 61_000 },
      gate: { ...policy.gate, maxEvidenceAge: 3601_000, deadlines: { critical: 7001_000 }, unknownSeverity: 'ignore' },
    }),
    [web],
    [staging, { ...windowed, soak: 5000 }],
  ],
  [
    'times that are long',
    changed({
      rollout: { ...policy.rollout, progressDeadline: 12 * HOUR },
      scan: { ...policy.scan, schedule: '0 3 1 * *', timeout: 24 * HOUR },
      gate: { ...policy.gate, maxEvidenceAge: 60 * 24 * HOUR, deadlines: {}, endOfLife: 'block' },
    }),
    [web],
    [staging, { ...windowed, soak: 30 * 24 * HOUR }],
  ],
  [
    'alerts that are changed',
    changed({
      rollout: { ...policy.rollout, disruptionBudget: 'none', autoRollback: 'watch' },
      gate: { ...policy.gate, onMissingEvidence: 'warn', endOfLife: 'ignore' },
      promotion: { ...policy.promotion, guard: false },
      monitoring: {
        ...policy.monitoring,
        prometheus: 'thanos',
        labels: { summary: 'of {{ $labels.workload }}' },
        severities: { warning: 'ticket' },
        disable: ['PatchwayImageOld'],
        override: {
          PatchwayFindingOverdue: { for: 2 * HOUR, severity: 'page' },
          PatchwayFindingDueSoon: { for: HOUR },
          PatchwayDrift: { for: 0 },
          PatchwayRolledBack: { for: 7 * 60_000 },
          PatchwaySoakRestarting: { for: HOUR },
          PatchwayScanMissing: { for: 5000, labels: { pager: 'yes' } },
        },
      },
    }),
    [api, web],
    [staging, windowed],
  ],
  ['no exporter', changed({ monitoring: { ...policy.monitoring, exporter: false } }), kinds, [staging]],
  ['names that must be quoted', changed({ name: 'a-b' }), [{ ...web, name: 'a.b-c' }], [{ ...staging, name: 'a-b' }]],
];

describe.runIf(hasPromtool())('generated tests of rules', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-rule-tests-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  beforeAll(() => promtoolPath().then(() => undefined), 900_000);

  it.each(policies.map((each) => [each[0], each] as const))('pass for %s', async (title, [, of, workloads, stages = of.stages]) => {
    const place = join(directory, title.replace(/\W+/g, '-'));
    mkdirSync(place);
    const files = stages.flatMap((stage) => ruleTestFiles({ policy: of, stage, workloads }));
    for (const { name, content } of files) writeFileSync(join(place, name), toYaml([content]));
    const named = (end: string) => files.filter(({ name }) => name.endsWith(end)).map(({ name }) => join(place, name));
    expect(await promtool(['check', 'rules', '--lint=all', '--lint-fatal', ...named('.rules.yaml')])).toMatchObject({ code: 0 });
    const outcome = await promtool(['test', 'rules', ...named('.test.yaml')]);
    expect(`${outcome.stdout}${outcome.stderr}`).not.toContain('FAILED');
    expect(outcome.code).toBe(0);
  });

  it('kill every mutant of every rule', async () => {
    const place = join(directory, 'mutants');
    mkdirSync(place);
    const mutants = [
      { policy: blocking, stage: staging, workloads: kinds, only: /Rollout|Workload|Replicas|Gate/ },
      { policy: blocking, stage: windowed, workloads: [web], only: /Patchway/ },
    ].flatMap(({ only, ...context }, i) => {
      const groups = stageGroups(context);
      const order = groups.map(({ name }) => name);
      const records = groups.filter(({ name }) => /-(workloads|levels)$/.test(name));
      return stageAlerts(context).flatMap(({ alerts }) =>
        alerts
          .filter(({ alert }) => only.test(alert))
          .flatMap((alert) => {
            const group = groups.find(({ rules }) => rules.some((rule) => 'alert' in rule && rule.alert === alert.alert));
            const rule = group?.rules.find((each) => 'alert' in each && each.alert === alert.alert);
            if (group === undefined || rule === undefined) return [];
            const wrong = [
              ...mutantsOf(rule.expr).map(({ what, expr }) => ({ what, rule: { ...rule, expr } })),
              ...(alert.for === 0 ? [] : [0.9, 1.1]).map((factor) => ({
                what: `for × ${factor}`,
                rule: { ...rule, for: `${Math.round((alert.for * factor) / 1000)}s` },
              })),
            ];
            return wrong.map((mutant, j) => {
              const name = `${i}-${alert.alert}-${j}`;
              const rules = { groups: [...records, { name: group.name, rules: [mutant.rule] }] };
              writeFileSync(join(place, `${name}.rules.json`), JSON.stringify(rules));
              const test = join(place, `${name}.test.json`);
              writeFileSync(test, JSON.stringify(ruleTest(context, alert, `${name}.rules.json`, order)));
              return { test, title: `${context.stage.name} ${alert.alert}: ${mutant.what}: ${mutant.rule.expr}` };
            });
          }),
      );
    });
    const outcomes = await Promise.all(halves(mutants).map((half, i) => failures(half, join(place, `${i}.xml`))));
    const killed = new Set(outcomes.flat());
    const survivors = mutants.filter(({ test }) => !killed.has(test)).map(({ title }) => title);
    expect(mutants.length).toBeGreaterThan(200);
    expect(survivors.filter((title) => !EXPLAINED.some(([pattern]) => pattern.test(title)))).toEqual([]);
    expect(EXPLAINED.filter(([pattern]) => !survivors.some((title) => pattern.test(title))).map(([, why]) => why)).toEqual([]);
  }, 600_000);
});

/** In which everything closes the gate. */
const blocking: PolicyDocument = { ...accepting, gate: { ...policy.gate, endOfLife: 'block' } };

/** Mutants that mean the same as the rule, and why. */
const EXPLAINED: readonly (readonly [title: RegExp, why: string])[] = [
  [/PatchwaySoakRestarting: 3 × 0\.9 /, 'a count is whole: at least 2.7 of them are at least 3'],
];

function halves<T>(all: readonly T[]): readonly (readonly T[])[] {
  return [0, 1].map((half) => all.filter((_, i) => i % 2 === half));
}

/** The files of which promtool says that a test failed. */
async function failures(mutants: readonly { readonly test: string }[], report: string): Promise<readonly string[]> {
  await exec(await promtoolPath(), ['test', 'rules', `--junit=${report}`, ...mutants.map(({ test }) => test)]);
  const suites = [...readFileSync(report, 'utf8').matchAll(/<testsuite name="([^"]*)"[^>]* failures="(\d+)" errors="(\d+)"/g)];
  expect(suites).toHaveLength(mutants.length);
  return suites.flatMap(([, name = '', failed, errors]) => (Number(failed) > 0 && Number(errors) === 0 ? [name] : []));
}
