import { dig } from '../manifest/dig.js';
import type { Manifest } from '../manifest/manifest.js';
import { podLabels, selects, wantedLabels } from '../manifest/selector.js';

/** The pods of a stage, by what bears them. */
export interface Pods {
  /** What bears pods that an object's `spec.selector` selects, in the order of the stage. */
  selectedBy(manifest: Manifest): Iterable<Manifest>;
}

type Labelled = readonly [bearer: Manifest, labels: Readonly<Record<string, unknown>>];

/** Looked up by the rarest label that a selector asks for: a stage has thousands of workloads, and of each label but a few. */
export function podsOf(bearers: readonly Manifest[]): Pods {
  const all: readonly Labelled[] = bearers.filter(hasPods).map((bearer) => [bearer, podLabels(bearer)]);
  const byLabel = new Map<string, Labelled[]>();
  for (const each of all) for (const [key, value] of Object.entries(each[1])) append(byLabel, `${key}=${String(value)}`, each);
  const candidates = (manifest: Manifest): readonly Labelled[] => {
    const lists = wantedLabels(manifest).map(({ key, values }) => values.map((value) => byLabel.get(`${key}=${String(value)}`) ?? []));
    const [rarest] = lists
      .map((list) => ({ list, size: list.reduce((size, { length }) => size + length, 0) }))
      .sort((a, b) => a.size - b.size);
    return rarest?.list.flat() ?? all;
  };
  return {
    *selectedBy(manifest) {
      for (const [bearer, labels] of candidates(manifest)) if (selects(manifest, labels)) yield bearer;
    },
  };
}

/** A Rollout may take its pods from a Deployment. */
function hasPods(bearer: Manifest): boolean {
  return dig(bearer, 'spec', 'workloadRef') === undefined;
}

/** Adds to one of many lists. */
export function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
