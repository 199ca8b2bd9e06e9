import type { InferOutput } from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { definePolicy } from '../../src/policy/define.js';
import { isPolicy, policyFromDocument } from '../../src/policy/document.js';
import type { PolicyInput } from '../../src/policy/input.js';
import { parsePolicy } from '../../src/policy/parse.js';
import type { Policy } from '../../src/policy/policy.js';
import type { policySchema } from '../../src/policy/schema.js';
import { PatchwayError } from '../../src/problem.js';

const scan = { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }] } as const;
const gate = { deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' } } as const;
const define = () =>
  definePolicy({
    name: 'shop',
    scan,
    gate,
    stages: [
      { name: 'staging', namespace: 'shop-staging' },
      { name: 'production', namespace: 'shop', after: ['staging'], soak: '1h' },
    ],
  });

/** Without the index signature by which the schema says that there are no other fields. */
type Fields<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer E)[]
    ? readonly Fields<E>[]
    : { readonly [K in keyof T as string extends K ? ([T[K]] extends [never] ? never : K) : K]: Fields<T[K]> };

describe('the compiler knows', () => {
  it('the names of the stages', () => {
    expectTypeOf(define()).toEqualTypeOf<Policy<'staging' | 'production'>>();
    expectTypeOf<Policy<'a'>>().toExtend<Policy>();
    // @ts-expect-error: 'prod' is no stage
    expect(() => define().stage('prod')).toThrow(PatchwayError);
  });

  it('which stages one can come after', () => {
    const misspelt = () =>
      definePolicy({
        name: 'shop',
        scan,
        gate,
        stages: [
          { name: 'staging', namespace: 'shop-staging' },
          // @ts-expect-error: 'stagin' is no stage
          { name: 'production', namespace: 'shop', after: ['stagin'] },
        ],
      });
    expect(misspelt).toThrow("stages[1].after[0]: There is no stage 'stagin'. Did you mean 'staging'?");
  });

  it('the same fields as the parser', () => {
    expectTypeOf<Fields<InferOutput<ReturnType<typeof policySchema>>>>().toEqualTypeOf<Fields<PolicyInput>>();
  });
});

describe('a policy', () => {
  it('gives a stage by name', () => expect(define().stage('production').namespace).toBe('shop'));
  it('says which stage was meant', () => {
    const policy: Policy = define();
    expect(() => policy.stage('prodution')).toThrow("The policy 'shop' has no stage 'prodution'. Did you mean 'production'?");
  });
  it('is recognised', () => expect([isPolicy(define()), isPolicy({ name: 'shop' })]).toEqual([true, false]));
  it('is its document as JSON, and comes back from it', () => {
    const json = JSON.stringify(define());
    expect(Object.keys(JSON.parse(json))).not.toContain('warnings');
    expect(JSON.stringify(policyFromDocument(JSON.parse(json)))).toBe(json);
    expect(policyFromDocument(JSON.parse(json)).stage('staging').namespace).toBe('shop-staging');
  });
  it('keeps its warnings', () => {
    const policy = definePolicy({ name: 'shop', scan, gate: { deadlines: { critical: '7d' } }, stages: [{ name: 'a', namespace: 'a' }] });
    expect(policy.warnings).toEqual([expect.objectContaining({ path: 'gate.deadlines', severity: 'warning' })]);
  });
  it('tells of unlucky weeks, which are looked for once', () => {
    const { policy, problems } = parsePolicy({
      name: 'shop',
      scan: { ...scan, schedule: '0 3 * * 0' },
      gate: { deadlines: { critical: '3d', high: '7d', medium: '30d', low: '90d' }, maxEvidenceAge: '8d' },
      stages: [{ name: 'a', namespace: 'a' }],
    });
    expect(policy?.warnings).toEqual([
      expect.objectContaining({ path: 'stages[0]', message: expect.stringContaining('In an unlucky week') }),
    ]);
    expect(policy?.warnings).toBe(problems);
    expect(Object.keys({ ...policy })).not.toContain('warnings');
  });
  it('that could never be in time is refused', () => {
    const stages = [
      { name: 'a', namespace: 'a' },
      { name: 'b', namespace: 'b', after: ['a' as const] },
    ];
    const never = () => definePolicy({ name: 'shop', scan, gate: { deadlines: { critical: '1m', high: '7d' } }, stages: stages as never });
    expect(never).toThrow('could never be in time');
  });
  it('that is wrong is refused with exit code 65 and every problem', () => {
    const wrong = () => definePolicy({ name: 'Shop', scan, gate, stages: [] });
    expect(wrong).toThrow(expect.objectContaining({ exitCode: 65, problems: [expect.anything(), expect.anything()] }));
    expect(wrong).toThrow("The policy 'Shop': 2 problems");
  });
});
