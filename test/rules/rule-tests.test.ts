import { describe, expect, it } from 'vitest';
import { stageAlerts } from '../../src/rules/groups.js';
import { samples, timeline } from '../../src/rules/rule-test.js';
import { ruleTestFiles } from '../../src/rules/rule-tests.js';
import { accepting, api, policy, staging, web, windowed } from './storefront.js';

const MINUTE = 60_000;
const stages = [
  { policy, stage: staging, workloads: [web, api] },
  { policy: accepting, stage: windowed, workloads: [web] },
];
const alerts = stages.flatMap((context) => stageAlerts(context).flatMap((topic) => topic.alerts.map((alert) => ({ context, alert }))));

describe('samples in promtool’s notation', () => {
  it.each([
    [[[1, 3]], '1x2'],
    [
      [
        [0, 1],
        [1, 2],
      ],
      '0x0 1x1',
    ],
    [
      [
        [-5, 2],
        ['absent', 1],
      ],
      '-5x1 stale',
    ],
    [
      [
        ['absent', 3],
        [1, 0],
      ],
      'stale _x2',
    ],
  ] as const)('%j are %s', (parts, text) => {
    expect(samples(...parts)).toBe(text);
  });
});

describe('a timeline', () => {
  it.each([
    [{ wait: 30 * MINUTE }, 3 * MINUTE],
    [{ wait: 90_000 }, 9000],
    [{ wait: 7000 }, 1000],
    [{ wait: 0 }, MINUTE],
    [{ wait: 0, lengths: [36 * 60 * MINUTE] }, 108 * MINUTE],
    [{ wait: 0, lengths: [0, 100_000] }, 5000],
    [{ wait: 5 * MINUTE, settles: 10 * MINUTE }, 15_000],
  ])('%j has steps of %i ms', (options, step) => {
    expect(timeline(options).step).toBe(step);
  });

  it('is silent until the wait is over, and ends when what keeps it is', () => {
    const t = timeline({ wait: 10 * MINUTE, keep: 15 * MINUTE });
    expect(t.at('web')).toEqual([
      [11, []],
      [21, []],
      [22, ['web']],
      [28, ['web']],
      [43, ['web']],
      [49, []],
    ]);
    expect(t.values(1, 0)).toBe('0x11 1x16 0x24');
    expect(t.age(2 * MINUTE)).toBe(10 * 60);
  });
});

describe('generated tests', () => {
  it.each(alerts.map(({ context, alert }) => [`${context.stage.name} ${alert.alert}`, alert] as const))(
    'of %s show it fire, stay silent and end',
    (_, alert) => {
      const { cases } = alert.tests(alert.for);
      const shown = cases.map(({ at }) => at.map(([, firing]) => (firing.length > 0 ? 'fires' : 'silent')).join(' '));
      expect(shown.some((story) => /silent.*fires/.test(story))).toBe(true);
      expect(shown.some((story) => /fires.*silent/.test(story))).toBe(true);
      expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
    },
  );

  it('are a file for each alert beside the rules of the stage', () => {
    const files = ruleTestFiles({ policy, stage: staging, workloads: [web, api] });
    expect(files[0]?.name).toBe('staging.rules.yaml');
    expect(files.map(({ name }) => name)).toContain('staging.PatchwayScanMissing.test.yaml');
    expect(files).toHaveLength(1 + stageAlerts({ policy, stage: staging, workloads: [web, api] }).flatMap((topic) => topic.alerts).length);
    expect(files.find(({ name }) => name.includes('PatchwayDrift'))?.content).toMatchObject({
      rule_files: ['staging.rules.yaml'],
      evaluation_interval: '3m',
      tests: [{ name: 'PatchwayDrift: an image from elsewhere', interval: '3m' }],
    });
  });

  it('go by what the policy changes', () => {
    const monitoring = { ...policy.monitoring, override: { PatchwayDrift: { for: 7_200_000 } }, disable: ['PatchwayImageOld'] } as const;
    const files = ruleTestFiles({ policy: { ...policy, monitoring }, stage: staging, workloads: [web] });
    expect(files.find(({ name }) => name.includes('PatchwayDrift'))?.content).toMatchObject({ evaluation_interval: '12m' });
    expect(files.map(({ name }) => name)).not.toContain('staging.PatchwayImageOld.test.yaml');
  });

  it('are none for a stage without workloads', () => {
    expect(ruleTestFiles({ policy, stage: staging, workloads: [] })).toEqual([]);
  });
});
