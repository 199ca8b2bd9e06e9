import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/manifest/manifest.js';
import { CHECK_NAMES, type CheckName } from '../../src/policy/synthesis-checks.js';
import { budget, claim, cronJob, manifest, mounting, type Parts, quotaOf, says, scaler, service, told, workload } from './fixture.js';

interface Case {
  /** Stages of which the check says nothing. */
  readonly good: Readonly<Record<string, readonly Manifest[]>>;
  /** Stages of which it says this, and nothing else. */
  readonly bad: Readonly<Record<string, readonly [objects: readonly Manifest[], said: string]>>;
}

const probe = { httpGet: { path: '/healthz', port: 8080 } };
const silent = { readinessProbe: undefined };
const quiet = { ...silent, ports: undefined };
const one = (parts: Parts) => [workload(parts)];
const rolling = (maxUnavailable: number, maxSurge: number) => ({ strategy: { rollingUpdate: { maxUnavailable, maxSurge } } });
const busy = (requests: Record<string, string>) => ({ container: { resources: { requests } }, spec: { replicas: 4 } });
const init = { name: 'init', image: 'busybox:1.36', ports: [{ containerPort: 1 }] };

const CASES: Readonly<Record<CheckName, Case>> = {
  readiness: {
    good: {
      'a probe': one({}),
      'an init container with a port': one({ pod: { initContainers: [init] } }),
      'a CronJob': [cronJob('report', {}), service({})],
      'one probed container of a pod behind a Service': one({ container: { ports: undefined } }),
    },
    bad: {
      'a port without a probe': [
        one({ container: silent }),
        'error Deployment/web spec.template.spec.containers[0].readinessProbe: Container web serves on port 8080 without a readiness probe.',
      ],
      'a sidecar with a port': [
        one({ pod: { initContainers: [{ ...init, restartPolicy: 'Always' }] } }),
        'Container init serves on port 1',
      ],
      'a Service before it': [
        [workload({ container: quiet }), service({ app: 'web' })],
        'error Deployment/web spec.template.spec.containers: Service/web sends requests',
      ],
      'nothing that is served': [
        [workload({ container: quiet }), service({ app: 'api' })],
        'warning Deployment/web spec.template.spec.containers: No container has a readiness probe',
      ],
    },
  },
  hastyLiveness: {
    good: {
      'as much patience': one({ container: { livenessProbe: probe } }),
      'another question': one({ container: { livenessProbe: { httpGet: { path: '/live', port: 8080 }, failureThreshold: 1 } } }),
      'no question known': one({ container: { readinessProbe: {}, livenessProbe: { failureThreshold: 1 } } }),
    },
    bad: {
      'less patience': [
        one({ container: { livenessProbe: { ...probe, periodSeconds: 5 } } }),
        'warning Deployment/web spec.template.spec.containers[0].livenessProbe: It asks what the readiness probe asks, and loses patience sooner (15 s, not 30 s)',
      ],
    },
  },
  slowStart: {
    good: {
      'time enough': one({ container: { startupProbe: { ...probe, failureThreshold: 59 } } }),
      'no deadline': one({ container: { startupProbe: { ...probe, failureThreshold: 90 } }, spec: { progressDeadlineSeconds: undefined } }),
    },
    bad: {
      'a patient startup probe': [
        one({ container: { startupProbe: { ...probe, failureThreshold: 60 } } }),
        'warning Deployment/web spec.progressDeadlineSeconds: The probes of container web give it 600 s to start, and it counts 10 s after that (minReadySeconds), but a rollout without progress for 600 s has failed',
      ],
      'a late readiness probe': [one({ container: { readinessProbe: { ...probe, initialDelaySeconds: 700 } } }), 'give it 700 s to start'],
    },
  },
  shortGrace: {
    good: {
      'time after the pause': one({ container: { lifecycle: { preStop: { sleep: { seconds: 29 } } } } }),
      'no pause and no time': one({ pod: { terminationGracePeriodSeconds: 0 } }),
    },
    bad: {
      'a pause as long as the time': [
        one({ container: { lifecycle: { preStop: { sleep: { seconds: 30 } } } } }),
        'warning Deployment/web spec.template.spec.terminationGracePeriodSeconds: Container web pauses 30 s before it ends (preStop), and is killed after 30 s',
      ],
      'a command that sleeps longer': [
        one({
          container: { lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 90'] } } } },
          pod: { terminationGracePeriodSeconds: 60 },
        }),
        'pauses 90 s before it ends (preStop), and is killed after 60 s',
      ],
    },
  },
  recreate: {
    good: { 'a rolling update': one({}), 'a StatefulSet that says nothing': one({ kind: 'StatefulSet' }) },
    bad: {
      Recreate: [
        one({ spec: { strategy: { type: 'Recreate' } } }),
        'warning Deployment/web spec.strategy: Its strategy Recreate stays: every rollout stops all its pods',
      ],
      OnDelete: [
        one({ kind: 'StatefulSet', spec: { updateStrategy: { type: 'OnDelete' } } }),
        'warning StatefulSet/web spec.updateStrategy: Its strategy OnDelete stays: its pods are replaced only when',
      ],
      'OnDelete of a DaemonSet': [
        one({ kind: 'DaemonSet', spec: { updateStrategy: { type: 'OnDelete' } } }),
        'DaemonSet/web spec.updateStrategy',
      ],
    },
  },
  singleReplica: {
    good: {
      'a budget that lets it go': [workload({ spec: { replicas: 1 } }), budget({ maxUnavailable: 1 })],
      'two replicas': [workload(), budget({ minAvailable: 1 })],
      'an autoscaler': [workload({ spec: { replicas: 1 } }), budget({ minAvailable: 1 }), scaler()],
    },
    bad: {
      'a budget that keeps it': [
        [workload({ spec: { replicas: 1 } }), budget({ minAvailable: 1 })],
        'error Deployment/web spec.replicas: It has one replica, and PodDisruptionBudget/web says minAvailable 1: the pod could never be evicted',
      ],
      'a share of it that is all': [[workload({ spec: { replicas: 1 } }), budget({ minAvailable: '50%' })], 'says minAvailable 50%'],
    },
  },
  blockedDrains: {
    good: {
      'one that may go': [workload({ spec: { replicas: 3 } }), budget({ minAvailable: 2 })],
      'a percentage that leaves one': [workload(), budget({ minAvailable: '50%' })],
      'replicas that nobody knows': [workload({ spec: { replicas: undefined } }), budget({ minAvailable: 2 })],
      'pods of two workloads': [workload(), workload({ name: 'api', labels: { app: 'web' } }), budget({ minAvailable: 2 })],
      'a DaemonSet, which is not drained': [workload({ kind: 'DaemonSet' }), budget({ maxUnavailable: 0 })],
      'nothing that runs': [workload({ spec: { replicas: 0 } }), budget({ minAvailable: 1 })],
      'other pods': [workload(), budget({ maxUnavailable: 0, selector: { matchLabels: { app: 'api' } } })],
    },
    bad: {
      'as many as there are': [
        [workload(), budget({ minAvailable: 2 })],
        'error Deployment/web spec.replicas: PodDisruptionBudget/web says minAvailable 2, of 2 replicas: none could ever be evicted, and no node drained.',
      ],
      'none that may go': [
        [workload({ spec: { replicas: undefined } }), budget({ maxUnavailable: '0%' })],
        'says maxUnavailable 0%: none could',
      ],
      'all that must stay': [[workload(), scaler(), budget({ minAvailable: '100%' })], 'says minAvailable 100%: none could'],
    },
  },
  duplicateBudgets: {
    good: { 'one each': [workload(), workload({ name: 'api' }), budget({}), budget({ selector: { matchLabels: { app: 'api' } } }, 'api')] },
    bad: {
      'two on the same pods': [
        [workload(), budget({}), budget({ selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }, 'all')],
        'error PodDisruptionBudget/all spec.selector: It selects the pods of Deployment/web, and so does PodDisruptionBudget/web',
      ],
    },
  },
  sharedVolume: {
    good: {
      'a volume for many': [workload({ pod: mounting }), claim('ReadWriteOnce', 'ReadWriteMany')],
      'one pod without a surge': [workload({ pod: mounting, spec: { replicas: 1, ...rolling(1, 0) } }), claim('ReadWriteOnce')],
      'a claim that is not here': one({ pod: mounting }),
    },
    bad: {
      'two replicas': [
        [workload({ pod: mounting, spec: rolling(1, 0) }), claim('ReadWriteOnce')],
        'warning Deployment/web spec.template.spec.volumes: Its pods mount the claim data, which is ReadWriteOnce, and there may be 2 pods: those on other nodes than the first wait for ever.',
      ],
      'a surge': [
        [workload({ pod: mounting, spec: { replicas: 1 } }), claim('ReadWriteOncePod')],
        'there may be 2 pods: all but one of them wait',
      ],
      'two workloads': [
        [
          workload({ kind: 'StatefulSet', pod: mounting, spec: { replicas: 1 } }),
          workload({ kind: 'StatefulSet', name: 'api', pod: mounting, spec: { replicas: 1 } }),
          claim('ReadWriteOnce'),
        ],
        'StatefulSet/web, StatefulSet/api mount the claim data',
      ],
      'a DaemonSet': [[workload({ kind: 'DaemonSet', pod: mounting }), claim('ReadWriteOnce')], 'one pod per node wants it'],
    },
  },
  hostPorts: {
    good: {
      'no port of the node': one({}),
      'no surge': one({ container: { ports: [{ containerPort: 80, hostPort: 80 }] }, spec: rolling(1, 0) }),
      'room to go first': one({ container: { ports: [{ containerPort: 80, hostPort: 80 }] }, spec: rolling(1, 1) }),
    },
    bad: {
      'a port of the node': [
        one({ container: { ports: [{ containerPort: 8080, hostPort: 80 }] } }),
        'warning Deployment/web spec.strategy.rollingUpdate.maxSurge: Its pods take port 80 of their node',
      ],
      "the node's own network": [one({ pod: { hostNetwork: true } }), 'Its pods take port 8080 of their node'],
    },
  },
  quota: {
    good: {
      'room for the surge': [workload(busy({ cpu: '500m' })), quotaOf({ pods: 5, 'requests.cpu': '2500m' })],
      'a quota for some pods': [workload(), quotaOf({ pods: 1 }, { scopes: ['BestEffort'] })],
      'what is not counted': [
        workload(),
        workload({ kind: 'DaemonSet', name: 'logs' }),
        cronJob('report', {}),
        quotaOf({ pods: 3, services: 0 }),
      ],
    },
    bad: {
      'no pod more': [
        [workload({ spec: { replicas: 4 } }), workload({ name: 'api' }), quotaOf({ pods: '6' })],
        'warning ResourceQuota/team spec.hard["pods"]: The stage\'s workloads need 6 of pods, a rollout of Deployment/web 1 more for its new pods, and the quota allows 6: the rollout hangs until its deadline. Allow 7 at least',
      ],
      'no memory more': [
        [workload(busy({ memory: '512Mi' })), quotaOf({ 'requests.memory': '2Gi' })],
        'need 2147483648 of requests.memory',
      ],
      'less than runs': [
        [workload(busy({ cpu: '1' })), quotaOf({ cpu: 3 })],
        'need 4 of cpu, and the quota allows 3: not all of their pods start',
      ],
      'what an autoscaler starts from': [
        [workload({ spec: { replicas: undefined } }), scaler('web', 8), quotaOf({ pods: 9 })],
        'need 8 of pods',
      ],
    },
  },
  scaledReplicas: {
    good: {
      'no number': [workload({ spec: { replicas: undefined } }), scaler()],
      "another's autoscaler": [workload(), scaler('api')],
      'switched off': [workload({ spec: { replicas: 0 } }), scaler()],
    },
    bad: {
      both: [
        [workload(), scaler()],
        'warning Deployment/web spec.replicas: HorizontalPodAutoscaler/web sets its replicas, and every apply sets them back to 2',
      ],
    },
  },
  latestTag: {
    good: { 'a version': one({}), 'what is no reference': one({ container: { image: 'Not An Image' } }) },
    bad: {
      latest: [
        one({ container: { image: `nginx:latest@sha256:${'a'.repeat(64)}` } }),
        'warning Deployment/web spec.template.spec.containers[0].image: docker.io/library/nginx is taken by the tag latest',
      ],
      'no tag': [one({ container: { image: `nginx@sha256:${'a'.repeat(64)}` } }), 'is taken by no tag'],
    },
  },
  pullNever: {
    good: {
      IfNotPresent: one({ container: { imagePullPolicy: 'IfNotPresent' } }),
      Always: one({ container: { imagePullPolicy: 'Always' } }),
    },
    bad: {
      Never: [
        one({ container: { imagePullPolicy: 'Never' } }),
        'warning Deployment/web spec.template.spec.containers[0].imagePullPolicy: The image is never pulled',
      ],
    },
  },
  pullAlways: {
    good: { nothing: one({}), IfNotPresent: one({ container: { imagePullPolicy: 'IfNotPresent' } }) },
    bad: {},
  },
  sharedSelector: {
    good: { 'labels of their own': [workload(), workload({ name: 'api' }), cronJob('report', { app: 'report' })] },
    bad: {
      "another's pods": [
        [workload(), cronJob('report', { app: 'web' })],
        'warning Deployment/web spec.selector: It selects the pods of CronJob/report too',
      ],
    },
  },
  strayService: {
    good: {
      'pods that are there': [workload(), service({ app: 'web' })],
      'endpoints by hand': [service()],
      'pods that are not rolled': [manifest('Pod', 'x'), service({ app: 'x' })].map((each) =>
        each.kind === 'Pod' ? { ...each, metadata: { name: 'x', labels: { app: 'x' } } } : each,
      ),
    },
    bad: {
      'no pods': [
        [workload(), service({ app: 'wbe' })],
        'warning Service/web spec.selector: No workload among these has pods with app: wbe',
      ],
    },
  },
};

describe.each(CHECK_NAMES)('the check %s', (name) => {
  const { good, bad } = CASES[name];
  it.each(Object.entries(good))('says nothing of %s', (_case, objects) => expect(says(name, objects)).toEqual([]));
  it.each(Object.entries(bad))('tells of %s', (_case, [objects, said]) => {
    expect(says(name, objects)).toEqual([expect.stringContaining(said)]);
    expect(says(name, objects)[0]).toContain(`[check ${name}]`);
  });
});

describe('the severity of a check', () => {
  const unprobed = [workload({ container: silent })];
  const worker = [workload({ container: quiet })];
  const severities = (lines: readonly string[]) => lines.map((line) => line.split(' ', 1)[0]);

  it.each([
    ['its own', {}, false, ['error'], ['warning']],
    ['a step milder on what exists already', {}, true, ['warning'], []],
    ['an error where the policy says so', { readiness: 'error' }, true, ['error'], ['error']],
    ['a warning where the policy says so', { readiness: 'warn' }, false, ['warning'], ['warning']],
    ['off where the policy says so', { readiness: 'off' }, false, [], []],
  ] as const)('is %s', (_case, checks, adopted, served, serving) => {
    expect(severities(told(unprobed, checks, { adopted }))).toEqual(served);
    expect(severities(told(worker, checks, { adopted }))).toEqual(serving);
  });

  it('can switch one on', () => {
    const always = [workload({ container: { imagePullPolicy: 'Always' } })];
    expect(told(always, {})).toEqual([]);
    expect(told(always, { pullAlways: 'warn' })).toEqual([
      'warning Deployment/web spec.template.spec.containers[0].imagePullPolicy: The registry is asked at every start, though a digest never changes: while it is down, no pod starts or comes back. Write IfNotPresent. [check pullAlways]',
    ]);
  });
});

describe('a stage', () => {
  it('may be empty', () => expect(told([], {})).toEqual([]));

  it('has only the objects of its namespace', () => {
    const elsewhere = budget({ maxUnavailable: 0 });
    expect(told([workload(), { ...elsewhere, metadata: { name: 'web', namespace: 'other' } }], {})).toEqual([]);
  });

  it('is not upset by values of odd types', () => {
    const odd = workload({ spec: { replicas: 'many', strategy: null, selector: null }, container: { ports: 'all', resources: 3 } });
    const around = [budget({ selector: null, minAvailable: {} }), service(), quotaOf({ pods: 'few' }), claim()];
    expect(
      told([{ ...odd, spec: { ...(odd.spec as object), template: { spec: { containers: [3, null], volumes: {} } } } }, ...around], {}),
    ).toEqual([]);
  });

  it.each([
    ['each with labels of its own', (index: number) => ({ app: `w${index}` })],
    ['with labels that all share', (index: number) => ({ app: `w${index}`, 'app.kubernetes.io/part-of': 'shop' })],
  ])('of thousands, %s, is looked through once', (_case, labelsOf) => {
    let evaluations = 0;
    const counted = (labels: Record<string, string>) =>
      new Proxy(labels, {
        get: (target, key, receiver) => {
          evaluations += 1;
          return Reflect.get(target, key, receiver);
        },
      });
    const size = 5000;
    const objects = Array.from({ length: size }, (_, index) => {
      const name = `w${index}`;
      const matchLabels = labelsOf(index);
      const bare = workload({ name, spec: { selector: { matchLabels } } });
      const template = {
        metadata: { labels: counted(matchLabels) },
        spec: { containers: [{ name, image: 'web:1', readinessProbe: probe }] },
      };
      const placed = (manifest: Manifest) => ({ ...manifest, metadata: { name } });
      return [
        { ...bare, spec: { ...(bare.spec as object), template } },
        placed(service(matchLabels)),
        placed(budget({ maxUnavailable: 1, selector: { matchLabels } })),
      ];
    }).flat();
    expect(told(objects, {})).toEqual([]);
    // Indexed once, and asked by its own selector, Service and budget: a few labels each.
    expect(evaluations).toBeGreaterThan(size);
    expect(evaluations).toBeLessThan(20 * size);
  });
});
