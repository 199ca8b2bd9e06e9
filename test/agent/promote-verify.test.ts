import { describe, expect, it } from 'vitest';
import { ConflictError, type KubernetesObject } from '../../src/agent/kubernetes.js';
import { promote } from '../../src/agent/promote.js';
import { digest, SECOND, sets } from '../promotion/support.js';
import { FakeCluster, Killed, PRODUCTION, paths, stageConfig, worldOf } from './promote-cluster.js';

const pod = { restartPolicy: 'Never', containers: [{ name: 'check', image: 'check@sha256:1' }] };
const JOBS = `/apis/batch/v1/namespaces/${PRODUCTION}/jobs`;
const ends = { Complete: { type: 'Complete', status: 'True' }, Failed: { type: 'Failed', status: 'True', message: 'exit 1' } };

/** Jobs end ten seconds after they are made. */
class VerifyingCluster extends FakeCluster {
  readonly made: unknown[] = [];
  readonly #jobs = new Map<string, { readonly at: number; readonly body: KubernetesObject }>();

  readonly #end: keyof typeof ends;

  constructor(end: keyof typeof ends) {
    super();
    this.#end = end;
  }

  override async get(path: string): Promise<KubernetesObject | undefined> {
    const job = this.#jobs.get(path);
    if (job === undefined) return super.get(path);
    return { ...job.body, status: this.now - job.at >= 10 * SECOND ? { conditions: [ends[this.#end]] } : {} };
  }

  override async create(path: string, body: unknown): Promise<KubernetesObject> {
    if (path !== JOBS) return super.create(path, body);
    const job = body as KubernetesObject;
    const full = `${path}/${job.metadata.name}`;
    if (this.#jobs.has(full)) throw new ConflictError('it exists');
    this.#jobs.set(full, { at: this.now, body: job });
    this.made.push(body);
    this.requests.push(`POST ${path}`);
    this.after(`POST ${path}`);
    return job;
  }
}

function config() {
  const { policy, ...rest } = stageConfig();
  const stages = policy.stages.map((stage) =>
    stage.name === 'production' ? { ...stage, verify: [{ kind: 'job', pod }] as const } : stage,
  );
  return { ...rest, policy: { ...policy, stages } };
}

const job = { identity: 'job-1' };
const running = (cluster: FakeCluster) => [cluster.runs(PRODUCTION, 'web'), cluster.runs(PRODUCTION, 'api')];

describe('a promotion that is verified by a Job', () => {
  it('is recorded once the Job has succeeded', async () => {
    const cluster = new VerifyingCluster('Complete');
    const world = worldOf(cluster, config());
    expect(await promote(world, job)).toBe('done');
    expect(cluster.made).toMatchObject([
      {
        kind: 'Job',
        metadata: { name: expect.stringMatching(/^patchway-verify-production-[0-9a-f]{8}$/), namespace: PRODUCTION },
        spec: { backoffLimit: 0, activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 86_400, template: { spec: pod } },
      },
    ]);
    expect(cluster.requests).toContain(`POST ${JOBS}`);
    expect(cluster.state).toMatchObject({ history: [{ what: 'promoted', to: sets('B', 'Y') }] });
    expect(cluster.state).not.toHaveProperty('intent');
    expect(world.logged.map((line) => line.split(/[:,]/)[0])).toEqual([
      'policy storefront',
      'promote',
      'rolling out',
      'verifying',
      'promoted',
      'done',
    ]);
  });

  it('is undone where the Job fails, for all workloads', async () => {
    const cluster = new VerifyingCluster('Failed');
    expect(await promote(worldOf(cluster, config()), job)).toBe('blocked');
    expect(running(cluster)).toEqual(['A', 'X']);
    expect(cluster.applied).toEqual(['web B', 'api Y', 'web A', 'api X']);
    expect(cluster.state?.refused.map((each) => each.digest)).toEqual([digest('B'), digest('Y')]);
  });

  it.each(['Complete', 'Failed'] as const)('makes one Job, wherever it is killed: %s', async (end) => {
    for (let killAt = 1; killAt <= 40; killAt += 1) {
      const cluster = new VerifyingCluster(end);
      let writes = 0;
      cluster.after = (request) => {
        if (!request.startsWith('GET')) writes += 1;
        if (!request.startsWith('GET') && writes === killAt) throw new Killed('killed');
      };
      for (let attempt = 0; attempt < 4; attempt += 1) {
        try {
          await promote(worldOf(cluster, config()), job);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
        }
        cluster.now += 5 * SECOND;
      }
      expect(cluster.made, `killed at ${killAt}`).toHaveLength(1);
      expect(running(cluster), `killed at ${killAt}`).toEqual(end === 'Complete' ? ['B', 'Y'] : ['A', 'X']);
      expect(cluster.state, `killed at ${killAt}`).toMatchObject({ step: 'idle' });
    }
  });

  it('starts no Job when it only says what it would do', async () => {
    const cluster = new VerifyingCluster('Complete');
    cluster.after = (request) => {
      if (request.startsWith('POST')) throw new Killed('killed');
    };
    await promote(worldOf(cluster, config()), job).catch(() => undefined);
    const before = cluster.requests.length;
    expect(await promote(worldOf(cluster, config()), { ...job, dryRun: true })).toBe('verify');
    expect(cluster.requests.slice(before).filter((request) => !request.startsWith('GET'))).toEqual([]);
  });
});

describe('people', () => {
  const approvals = paths.configMap(PRODUCTION, 'patchway-approvals-production');

  it('are listened to before a promotion begins', async () => {
    const cluster = new FakeCluster();
    cluster.put(approvals, { data: { freeze: '{"by":"bob","at":"2026-11-21T11:00:00.000Z","reason":"Black Friday"}' } });
    expect(await promote(worldOf(cluster), job)).toBe('blocked');
    expect(cluster.state).toMatchObject({ step: 'frozen', frozen: { by: 'bob', reason: 'Black Friday' } });
    cluster.put(approvals, {});
    expect(await promote(worldOf(cluster), job)).toBe('done');
  });
});

describe('an order', () => {
  it('is kept by a run, also when it is killed', async () => {
    const { workloads, ...rest } = stageConfig();
    const ordered = { ...rest, workloads: workloads.map((each) => ({ ...each, order: each.name === 'api' ? 1 : 2 })) };
    for (let killAt = 1; killAt <= 30; killAt += 1) {
      const cluster = new FakeCluster();
      let writes = 0;
      cluster.after = (request) => {
        if (!request.startsWith('GET')) writes += 1;
        if (!request.startsWith('GET') && writes === killAt) throw new Killed('killed');
      };
      for (let attempt = 0; attempt < 3; attempt += 1) {
        try {
          await promote(worldOf(cluster, ordered), job);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
        }
        cluster.now += 5 * SECOND;
      }
      expect(cluster.applied, `killed at ${killAt}`).toEqual(['api Y', 'web B']);
      expect(cluster.state, `killed at ${killAt}`).toMatchObject({ step: 'idle' });
    }
  });

  it('is undone as a whole where the second fails', async () => {
    const { workloads, ...rest } = stageConfig();
    const ordered = { ...rest, workloads: workloads.map((each) => ({ ...each, order: each.name === 'api' ? 1 : 2 })) };
    const cluster = new FakeCluster();
    cluster.broken.add(digest('B'));
    expect(await promote(worldOf(cluster, ordered), job)).toBe('blocked');
    expect(running(cluster)).toEqual(['A', 'X']);
    expect(cluster.state?.refused.map((each) => each.digest)).toEqual([digest('B')]);
  });
});
