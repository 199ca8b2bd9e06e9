import { describe, expect, it } from 'vitest';
import type { PolicyInput } from '../../src/policy/input.js';
import { parsePolicy } from '../../src/policy/parse.js';
import type { GatePolicy, PresetName } from '../../src/policy/policy.js';
import { PRESETS } from '../../src/policy/presets.js';
import { gateOf } from '../../src/policy/stage-gate.js';

const DAY = 86_400_000;
const BASE = {
  name: 'shop',
  scan: { schedule: '0 * * * *', scanners: [{ kind: 'grype' }] },
  stages: [
    { name: 'staging', namespace: 'shop-staging' },
    { name: 'production', namespace: 'shop', after: ['staging'] },
  ],
} as const;

function parsed(gate: PolicyInput['gate'], rest: object = {}) {
  const { policy, problems } = parsePolicy({ ...BASE, gate, ...rest });
  if (policy === undefined) throw new Error(JSON.stringify(problems));
  return { policy, problems };
}

const paths = (gate: unknown, rest: object = {}) =>
  parsePolicy({ ...BASE, gate, ...rest }).problems.map(({ severity, path }) => `${severity} ${path}`);

describe('a preset', () => {
  it.each<[PresetName, GatePolicy['anchor']]>([
    ['bod26-04', 'fixReleased'],
    ['fedramp-vdr-a', 'detected'],
    ['fedramp-vdr-b', 'detected'],
    ['fedramp-vdr-c', 'detected'],
    ['fedramp-vdr-d', 'detected'],
    ['fedramp-rev5', 'detected'],
    ['pci-4.0.1', 'fixReleased'],
    ['cyber-essentials', 'fixReleased'],
  ])('%s stands alone, and counts from %s unless the policy says otherwise', (preset, anchor) => {
    const { policy, problems } = parsed({ preset });
    expect(problems).toEqual([]);
    expect(policy.gate).toMatchObject({ preset: { name: preset }, deadlines: {}, anchor });
    expect(parsed({ preset, anchor: 'published' }).policy.gate.anchor).toBe('published');
  });

  it('names its source, and every row is told apart from those before it', () => {
    for (const { source, rows, title } of PRESETS) {
      expect(source.length).toBeGreaterThan(20);
      expect(title).not.toBe('');
      expect(new Set(rows.map(({ when }) => JSON.stringify(when))).size).toBe(rows.length);
    }
  });

  it('goes into the policy as data, whole', () => {
    const { policy } = parsed({ preset: 'pci-4.0.1' });
    expect(JSON.parse(JSON.stringify(policy)).gate.preset).toEqual({
      name: 'pci-4.0.1',
      rows: [
        { when: { severity: 'critical' }, deadline: 30 * DAY },
        { when: {}, note: 'no deadline of its own in 6.3.3' },
      ],
    });
  });

  it('or deadlines are required', () => {
    expect(paths({})).toEqual(['error gate.deadlines']);
    expect(paths({ deadlines: {} })).toEqual(['error gate.deadlines']);
    expect(paths({ preset: 'bod26-4' })).toEqual(['error gate.preset']);
  });

  it('that a policy gives more time than is told', () => {
    expect(paths({ preset: 'fedramp-rev5', deadlines: { high: '60d', low: '90d' }, exploited: { deadline: '100d' } })).toEqual([
      'warning gate.deadlines.high',
    ]);
    expect(paths({ preset: 'bod26-04', exploited: { deadline: '10d' } })).toEqual(['warning gate.exploited.deadline']);
    expect(paths({ preset: 'bod26-04', exploited: { deadline: '3d' }, deadlines: { low: '3d' } })).toEqual([]);
  });

  it('is what soaks and schedules are checked against', () => {
    const soak = (length: string) => ({ stages: [BASE.stages[0], { ...BASE.stages[1], soak: length }] });
    expect(paths({ preset: 'bod26-04' }, soak('3d'))).toEqual(['error stages[1].soak']);
    expect(paths({ preset: 'bod26-04', exploited: { skipSoak: true }, exposure: 'internal' }, soak('3d'))).toEqual([]);
    expect(paths({ preset: 'bod26-04', exploited: { skipSoak: true } }, soak('3d'))).toEqual(['error stages[1].soak']);
    expect(paths({ preset: 'pci-4.0.1' }, soak('29d'))).toEqual([]);
    expect(paths({ preset: 'pci-4.0.1' }, soak('30d'))).toEqual(['error stages[1].soak']);
    expect(paths({ deadlines: { high: '30d' }, epss: { above: 0.5, deadline: '3d' } }, soak('3d'))).toContain('error stages[1].soak');
  });
});

describe('exposure', () => {
  const exposures = (gate: object, ...stages: readonly (string | undefined)[]) => {
    const named = BASE.stages.map((stage, i) => (stages[i] === undefined ? stage : { ...stage, exposure: stages[i] }));
    const { policy } = parsed({ preset: 'bod26-04', ...gate }, { stages: named });
    return [...['staging', 'production'].map((stage) => gateOf(policy, stage).exposure), gateOf(policy).exposure];
  };

  it.each<[object, readonly (string | undefined)[], readonly (string | undefined)[]]>([
    [{}, [], [undefined, undefined, undefined]],
    [{ exposure: 'internal' }, [], ['internal', 'internal', 'internal']],
    [{ exposure: 'internal' }, [undefined, 'internet'], ['internet', 'internet', 'internet']],
    [{ exposure: 'internal' }, ['internet', undefined], ['internet', 'internal', 'internet']],
    [{}, ['internal', undefined], [undefined, undefined, undefined]],
    [{}, ['internal', 'internet'], ['internet', 'internet', 'internet']],
    [{ exposure: 'internet' }, ['internal', 'internal'], ['internal', 'internal', 'internal']],
  ])('%o with stages %o is %o in staging, in production and anywhere', (gate, stages, expected) => {
    expect(exposures(gate, ...stages)).toEqual(expected);
  });
});

describe('the hash of a policy', () => {
  const hash = (gate: PolicyInput['gate'], rest: object = {}) => parsed(gate, rest).policy.hash;
  const deadlines = { critical: '3d', high: '7d', medium: '30d', low: '90d' } as const;

  it('changes with everything that a verdict depends on', () => {
    const internet = { stages: [BASE.stages[0], { ...BASE.stages[1], exposure: 'internet' }] };
    const hashes = [
      hash({ deadlines }),
      hash({ preset: 'fedramp-vdr-a' }),
      hash({ preset: 'fedramp-vdr-b' }),
      hash({ preset: 'fedramp-vdr-c' }),
      hash({ preset: 'fedramp-vdr-c', exposure: 'internal' }),
      hash({ preset: 'fedramp-vdr-c', exposure: 'internal' }, internet),
      hash({ preset: 'fedramp-vdr-c', exposure: 'internet' }),
      hash({ deadlines, epss: { above: 0.5, deadline: '3d' } }),
      hash({ deadlines, epss: { above: 0.6, deadline: '3d' } }),
      hash({ deadlines, endOfLife: 'block' }),
      hash({ deadlines, dueAt: 'endOfDay' }),
      hash({ deadlines, dueAt: 'endOfDay' }, { timeZone: 'Europe/Berlin' }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hash({ deadlines }, { timeZone: 'Europe/Berlin' })).toBe(hashes[0]);
  });
});

describe('what is wrong with the fields', () => {
  it.each([
    [{ epss: { above: 1.5, deadline: '3d' } }, 'gate.epss.above'],
    [{ epss: { above: 'often', deadline: '3d' } }, 'gate.epss.above'],
    [{ epss: { above: 0.5 } }, 'gate.epss.deadline'],
    [{ epss: { deadline: '3d' } }, 'gate.epss.above'],
    [{ exposure: 'public' }, 'gate.exposure'],
    [{ dueAt: 'midnight' }, 'gate.dueAt'],
    [{ endOfLife: true }, 'gate.endOfLife'],
  ])('%o: %s', (gate, path) => {
    expect(paths({ preset: 'bod26-04', ...gate })).toEqual([`error ${path}`]);
  });

  it('of a stage is told too', () => {
    expect(paths({ preset: 'bod26-04' }, { stages: [{ ...BASE.stages[0], exposure: 'extern' }] })).toEqual(['error stages[0].exposure']);
  });
});
