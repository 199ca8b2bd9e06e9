import { digestOf, REGISTRY } from './cluster.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

/**
 * Puts one image of the test registry under many repositories' names, each of them a repository of its own: the layers
 * are mounted, not copied. Those that are there already stay.
 */
export async function fleetOf(count: number, image = 'web:1.0.0'): Promise<readonly string[]> {
  const [source = '', tag = ''] = image.split(':');
  const answer = await fetch(`http://${REGISTRY}/v2/${source}/manifests/${tag}`, { headers: { accept: MANIFEST } });
  const [type, bytes] = [answer.headers.get('content-type') ?? '', await answer.arrayBuffer()];
  const { config, layers } = JSON.parse(Buffer.from(bytes).toString()) as {
    config: { digest: string };
    layers: readonly { digest: string }[];
  };
  const blobs = [config, ...layers].map(({ digest }) => digest);
  const names = Array.from({ length: count }, (_, index) => `fleet/service-${String(index).padStart(4, '0')}`);
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const base = `http://${REGISTRY}/v2/${name}`;
      for (const digest of blobs) {
        // Some registries keep the blobs of all repositories together.
        const { ok } = await fetch(`${base}/blobs/${digest}`, { method: 'HEAD' });
        if (!ok) await sent(`${base}/blobs/uploads/?mount=${digest}&from=${source}`, { method: 'POST' });
      }
      await sent(`${base}/manifests/${tag}`, { method: 'PUT', headers: { 'content-type': type }, body: bytes });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  if (digestOf(`${names.at(-1)}:${tag}`) !== digestOf(image)) throw new Error('the registry has another image under the new name');
  return names.map((name) => `${REGISTRY}/${name}`);
}

async function sent(url: string, init: RequestInit): Promise<void> {
  const { status } = await fetch(url, init);
  if (status !== 201) throw new Error(`${init.method} ${url}: ${status}`);
}
