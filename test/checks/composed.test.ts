import { App, Chart } from 'cdk8s';
import { expect, it } from 'vitest';
import { RollingDeployment } from '../../src/cdk8s.js';
import { planStage } from '../../src/plan.js';
import type { CheckSeverities } from '../../src/policy/synthesis-checks.js';
import { lock, policy } from '../cdk8s/fixture.js';
import { filter, POLICY } from '../cli/apply-policy-support.js';
import { deployment } from '../rollout/fixture.js';

const silent = deployment({ container: { readinessProbe: undefined } });

it.each([
  [{}, 1, 0],
  [{ readiness: 'warn' }, 0, 1],
  [{ readiness: 'off' }, 0, 0],
] as const)('a stage is planned with %j', (checks, errors, warned) => {
  const plan = planStage({ policy: { ...policy, checks }, stage: 'production', workloads: [silent], lock, agentBundle: '' });
  const named = (problems: typeof plan.problems) => problems.filter(({ hint }) => hint?.includes('[check readiness]'));
  expect([named(plan.problems).length, named(plan.warnings).length]).toEqual([errors, warned]);
});

it.each([
  [{}, true],
  [{ singleReplica: 'warn' }, false],
] as const)('a construct is synthesised with %j', (checks: CheckSeverities, fails) => {
  const app = new App();
  const rollout = { ...policy.rollout, disruptionBudget: { minAvailable: 1 } };
  const { warnings } = new RollingDeployment(new Chart(app, 'chart'), 'web', {
    policy: { ...policy, rollout, checks },
    stage: 'production',
    lock,
    image: 'ghcr.io/acme/web:1.4',
    ports: [{ name: 'http', port: 8080 }],
    readiness: { http: '/healthz' },
    replicas: 1,
  });
  if (fails) expect(() => app.synthYaml()).toThrow('[check singleReplica]');
  else expect(app.synthYaml()).toContain('kind: Deployment');
  expect(warnings.map(({ hint }) => hint)).toEqual(fails ? [] : [expect.stringContaining('[check singleReplica]')]);
});

const STREAM = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: elsewhere}
spec:
  selector: {app: nobody}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: 'nginx:1.27'}
`;

it('a stream is told where', async () => {
  const warned = await filter()(STREAM);
  expect(warned.code).toBe(0);
  expect(warned.stderr).toMatch(
    /^warning: standard input:\d+:1 Deployment\/web spec\.template\.spec\.containers: Service\/web sends requests .*\[check readiness\]\n$/,
  );
  expect(warned.stderr).toContain('standard input:25:1');
});

it('a stream is refused where the policy says so', async () => {
  const { code, stdout, stderr } = await filter({ 'p.yaml': `${POLICY}checks: {readiness: error, strayService: error}\n` })(
    STREAM.replace('{app: web}\n---', '{app: wbe}\n---').replace('readiness: error, ', ''),
  );
  expect([code, stdout]).toEqual([65, '']);
  expect(stderr).toContain('standard input:9:1 Service/web spec.selector: No workload among these has pods with app: wbe');
});
