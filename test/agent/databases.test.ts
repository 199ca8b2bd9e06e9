import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DatabasePlaces, storeIn } from '../../src/agent/databases.js';
import { linkDatabases } from '../../src/agent/scan/databases.js';
import { FakeCluster, fakeContext } from '../scan/fake.js';
import { config, DAY, image, policy, workload } from '../scan/fixture.js';

const START = Date.parse('2026-11-20T12:00:00Z');
const CONFIG = config([workload('web', image('web', 'ghcr.io/acme/web:1'))], policy({ scan: { cache: 'databases' } }));

let root: string;
let places: DatabasePlaces;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'patchway-databases-'));
  places = { databases: join(root, 'volume'), scratch: (kind) => join(root, 'scratch', kind) };
});
afterEach(() => rmSync(root, { recursive: true }));

function download(content: string): void {
  for (const [kind, directory, file] of [
    ['grype', 'cache/6', 'vulnerability.db'],
    ['trivy', 'cache/db', 'trivy.db'],
  ] as const) {
    mkdirSync(join(root, 'scratch', kind, directory), { recursive: true });
    writeFileSync(join(root, 'scratch', kind, directory, file), content);
  }
}

async function store(at: number, pod: string) {
  const { context, lines } = fakeContext(new FakeCluster(), CONFIG, at, { POD_NAME: pod });
  return { code: await storeIn(context, places), lines };
}

const generations = (kind: string) => readdirSync(join(places.databases, kind)).sort();

/** As in a scan's pod: a scratch directory that is empty. */
async function link(scratch: string, now = START) {
  const inPod = { ...places, scratch: (kind: string) => join(root, scratch, kind) };
  await linkDatabases(CONFIG, now, inPod);
  return {
    trivy: () => readFileSync(join(inPod.scratch('trivy'), 'cache/db/trivy.db'), 'utf8'),
    grype: () => readFileSync(join(inPod.scratch('grype'), 'cache/6/vulnerability.db'), 'utf8'),
    to: readlinkSync(join(inPod.scratch('trivy'), 'cache/db')),
  };
}

describe('databases on a volume', () => {
  it('are stored whole under a name of their own, and found by the scanners where they have theirs', async () => {
    download('Monday');
    const { code, lines } = await store(START, 'one');
    expect(code).toBe(0);
    expect(lines).toEqual(['grype: stored 20261120T120000Z-one', 'trivy: stored 20261120T120000Z-one']);
    expect([generations('grype'), generations('trivy')]).toEqual([['20261120T120000Z-one'], ['20261120T120000Z-one']]);
    const scan = await link('scan');
    expect([scan.trivy(), scan.grype()]).toEqual(['Monday', 'Monday']);
  });

  it('do not change under a scan that is under way, and are newer for the next', async () => {
    download('Monday');
    await store(START, 'one');
    const first = await link('first');
    download('Tuesday');
    await store(START + DAY, 'two');
    const second = await link('second', START + DAY);
    expect([first.trivy(), second.trivy()]).toEqual(['Monday', 'Tuesday']);
    expect(second.to).toBe(join(places.databases, 'trivy', '20261121T120000Z-two'));
  });

  it('go when nobody can be reading them any more', async () => {
    for (const [day, pod] of ['one', 'two', 'three'].entries()) {
      download(pod);
      await store(START + day * DAY, pod);
    }
    expect(generations('trivy')).toEqual(['20261121T120000Z-two', '20261122T120000Z-three']);
  });

  it('may be stored by two at once', async () => {
    download('Monday');
    await Promise.all([store(START, 'one'), store(START, 'two')]);
    expect(generations('grype')).toEqual(['20261120T120000Z-one', '20261120T120000Z-two']);
  });

  it('are linked again where a container is started again', async () => {
    download('Monday');
    await store(START, 'one');
    await link('scan');
    expect((await link('scan')).trivy()).toBe('Monday');
  });

  it('leave nothing half-written where a download is not there, and say what a volume needs', async () => {
    download('Monday');
    rmSync(join(root, 'scratch', 'trivy'), { recursive: true });
    await expect(store(START, 'one')).rejects.toThrow(
      /^scan\.cache: the volume of the claim databases cannot be written to: .*writable for group 65532/,
    );
    expect(generations('trivy')).toEqual([]);
  });

  it('are missed with the command that fetches them', async () => {
    await expect(link('scan')).rejects.toThrow(
      'scan.cache: the volume of the claim databases has no database for grype yet. Fill it: `kubectl create job databases --from=cronjob/patchway-databases-staging`.',
    );
  });

  it('are refused when none was stored for five days, as a scanner would go on with what it has', async () => {
    download('Monday');
    await store(START, 'one');
    expect((await link('scan', START + 5 * DAY)).trivy()).toBe('Monday');
    await expect(link('late', START + 5 * DAY + 1)).rejects.toThrow(
      /the database for grype on the volume of the claim databases is from 2026-11-20T12:00:00Z, more than five days ago\. See why the Jobs of the CronJob patchway-databases-staging fail/,
    );
  });

  it('are nobody’s concern where the policy names no volume', async () => {
    await expect(linkDatabases({ ...CONFIG, policy: policy() }, START, places)).resolves.toBeUndefined();
  });
});
