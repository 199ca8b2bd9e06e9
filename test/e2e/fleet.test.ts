import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanTargets } from '../../src/manifest/workload.js';
import { digestOf, eventually, freshNamespace, hasCluster, kubectl, kubectlJson, repetitions } from './cluster.js';
import { fleetOf } from './fleet-registry.js';
import { applyScan, CRON_JOB, storedIn, testPolicy, webWorkload } from './scan-support.js';

const NAMESPACE = 'scan-fleet';

/** How many images there are; all of them are applied. */
const FLEET = 4 * repetitions(250);
const PARALLELISM = 3;

interface Job {
  readonly spec: { readonly completions: number; readonly parallelism: number };
  readonly status: { readonly succeeded?: number; readonly failed?: number; readonly completedIndexes?: string };
}

/** Names of the Job's pods that have not ended. */
async function atWork(job: string): Promise<number> {
  const living = ['--field-selector', 'status.phase!=Succeeded,status.phase!=Failed'];
  const names = await kubectl(['-n', NAMESPACE, 'get', 'pods', '-l', `job-name=${job}`, ...living, '-o', 'name']);
  return names.split('\n').filter((name) => name !== '').length;
}

describe.runIf(hasCluster())(`a fleet of ${FLEET} images`, () => {
  let repositories: readonly string[];
  beforeAll(async () => {
    repositories = await fleetOf(FLEET);
    await freshNamespace(NAMESPACE);
  }, 1_800_000);
  afterAll(() => kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']).then(() => undefined));

  it('is scanned by one Job, so many at a time', { timeout: 60_000 * (FLEET + 5) }, async () => {
    const digest = digestOf('web:1.0.0');
    const workloads = repositories.map((repository, index) => ({
      ...webWorkload('1.0.0', repository, digest),
      name: `service-${index}`,
    }));
    await applyScan(NAMESPACE, testPolicy({ parallelism: PARALLELISM }), workloads);
    // The API server takes all that there is, not only a dry run's word.
    const applied = await kubectl(['-n', NAMESPACE, 'get', 'configmaps', '-o', 'name']);
    expect(applied.split('\n').filter((name) => name.startsWith('configmap/patchway-evidence-'))).toHaveLength(FLEET);

    await kubectl(['-n', NAMESPACE, 'create', 'job', 'now', `--from=cronjob/${CRON_JOB}`]);
    let most = 0;
    const job = await eventually(
      `${FLEET} images are scanned`,
      async () => {
        most = Math.max(most, await atWork('now'));
        const found = await kubectlJson<Job>(['-n', NAMESPACE, 'get', 'job', 'now']);
        return (found.status.succeeded ?? 0) >= FLEET ? found : undefined;
      },
      60 + 60 * FLEET,
    );
    expect(job.spec).toMatchObject({ completions: FLEET, parallelism: PARALLELISM });
    expect(job.status.failed ?? 0).toBe(0);
    // More than one at a time, or nothing was shown of the bound.
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(PARALLELISM);

    const targets = scanTargets(workloads);
    for (const index of indexesIn(job.status.completedIndexes ?? '')) {
      const { evidence } = await storedIn(NAMESPACE, targets[index]?.repository);
      expect(evidence?.digests[digest]).toMatchObject({ complete: true, counts: { exploited: 1 } });
    }
  });
});

/** `0-2,5` → 0, 1, 2, 5. */
function indexesIn(ranges: string): readonly number[] {
  return ranges
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
    });
}
