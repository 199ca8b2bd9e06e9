import { describe, expect, it } from 'vitest';
import { definePolicy } from '../../src/policy/define.js';
import type { StageInput } from '../../src/policy/input.js';
import { parsePolicy } from '../../src/policy/parse.js';
import { formatProblem } from '../../src/problem.js';
import { storefront } from './storefront.js';

const [europe, asia] = ['europe', 'asia'].map((name): StageInput => ({ name, namespace: name, soak: '0s' }));
const last = (rest: object): StageInput => ({ name: 'production', namespace: 'p', ...rest });
const stageOf = (rest: object) => parsePolicy(storefront({ stages: [europe!, asia!, last(rest)] })).policy?.stages[2];
const told = (rest: object) => parsePolicy(storefront({ stages: [europe!, asia!, last(rest)] })).problems.map(formatProblem);

describe('how images come to a stage', () => {
  it.each([
    [{ after: ['europe', 'asia'] }, { after: ['europe', 'asia'] }, ['oneOf', 'approval', 'soakOnNewer']],
    [{ after: { oneOf: ['europe', 'asia'] } }, { after: ['europe', 'asia'], oneOf: true }, []],
    [{ after: { oneOf: ['europe'] } }, { after: ['europe'] }, ['oneOf']],
    [{ after: ['europe'], approval: 'manual', soakOnNewer: 'restart' }, { approval: 'manual', soakOnNewer: 'restart' }, []],
    [{ after: ['europe'], approval: 'none', soakOnNewer: 'hold' }, {}, ['approval', 'soakOnNewer']],
  ])('%j', (given, expected, without) => {
    expect(stageOf(given)).toMatchObject(expected);
    for (const field of without) expect(stageOf(given)).not.toHaveProperty(field);
  });

  it.each([
    [{ after: 'europe' }, 'stages[2].after: These are no stages.'],
    [{ after: { oneOf: [] } }, 'stages[2].after.oneOf: There is no stage.'],
    [{ after: { oneOf: 'europe' } }, 'stages[2].after.oneOf: This is not a list.'],
    [{ after: { oneOf: ['europe', 'asai'] } }, "stages[2].after.oneOf[1]: There is no stage 'asai'. (Did you mean 'asia'?)"],
    [{ after: { anyOf: ['europe'] } }, 'stages[2].after'],
    [{ after: ['europe'], approval: 'yes' }, 'stages[2].approval: This is not one of the values to choose from.'],
    [{ approval: 'manual' }, "stages[2].approval: Nothing is promoted to 'production'."],
    [{ after: ['europe'], soakOnNewer: 'wait' }, 'stages[2].soakOnNewer: This is not one of the values to choose from.'],
  ])('cannot be %j', (given, problem) => {
    expect(told(given).join('\n')).toContain(problem.replace(/ \(.*/, ''));
  });

  it('may be slower by one way as long as it is quick enough by another', () => {
    const slow = { ...europe!, after: ['asia'], soak: '30d' } as const;
    const soaks = (after: object) =>
      parsePolicy(storefront({ stages: [asia!, slow, last({ after, soak: '1h' })] })).problems.map(({ path }) => path);
    expect(soaks(['asia', 'europe'])).toEqual(expect.arrayContaining(['stages[1].soak']));
    const way = (after: object) => parsePolicy(storefront({ stages: [asia!, { ...slow, soak: '6d' }, last({ after, soak: '2d' })] }));
    expect(way(['asia', 'europe']).problems.map(({ path }) => path)).toContain('stages[2].soak');
    expect(way({ oneOf: ['asia', 'europe'] }).problems.map(({ path }) => path)).not.toContain('stages[2].soak');
  });

  it('names stages that the compiler knows', () => {
    const policy = definePolicy({ ...storefront(), stages: [europe!, asia!, last({ after: { oneOf: ['europe', 'asia'] } })] });
    expect(policy.stage('production').oneOf).toBe(true);
  });
});
