import { expect, it } from 'vitest';
import { type RuleGroup, stageGroups } from '../../src/rules/groups.js';
import { policy, staging, web } from './storefront.js';

const stuck = (groups: readonly RuleGroup[]) =>
  groups.flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule && rule.alert === 'PatchwayRolloutStuck'))[0]?.expr;

it('a Deployment whose pods a Rollout has is as stuck as that one', () => {
  const exprs = [{ ...web, rolledBy: 'web' }, web].map((workload) => stuck(stageGroups({ policy, stage: staging, workloads: [workload] })));
  expect(exprs[0]).toContain('rollout_info{');
  expect(exprs[0]).not.toContain('kube_deployment_');
  expect(exprs[1]).toContain('kube_deployment_status_condition{');
});
