import type { PolicyException } from '../policy/policy.js';
import { epochSeconds, type Sample } from './exposition.js';
import type { RunningImage } from './running.js';

type Labels = Readonly<Record<string, string>>;

/** When the exceptions that hold in a stage end. Of those about the same findings the one that ends last counts: Prometheus takes no label set twice. */
export function exceptionEnds(exceptions: readonly PolicyException[], own: Labels): readonly Sample[] {
  return distinct(exceptions, own, ({ expires }) => epochSeconds(expires));
}

/** How many findings each exception is about; only where all that runs was scanned completely, and nothing of it is cut. */
export function exceptionUses(exceptions: readonly PolicyException[], own: Labels, images: readonly RunningImage[]): readonly Sample[] {
  const isKnown = images.length > 0 && images.every(({ scan }) => scan?.found.complete === true && scan.found.cut === undefined);
  return isKnown ? distinct(exceptions, own, (exception) => findingsOf(exception, images)) : [];
}

function findingsOf({ vulnerability, package: name, image }: PolicyException, images: readonly RunningImage[]): number {
  return images
    .filter(({ repository, digest }) => image === undefined || image === repository || image === `${repository}@${digest}`)
    .flatMap(({ scan }) => scan?.found.findings ?? [])
    .filter((finding) => [finding.id, ...finding.aliases].includes(vulnerability))
    .filter((finding) => name === undefined || finding.package === name).length;
}

/** The larger value counts. */
function distinct(exceptions: readonly PolicyException[], own: Labels, read: (exception: PolicyException) => number): readonly Sample[] {
  const samples = new Map<string, Sample>();
  for (const exception of exceptions) {
    const { vulnerability, package: name = '', image = '', stage = own.stage } = exception;
    if (stage !== own.stage) continue;
    const key = JSON.stringify([vulnerability, name, image]);
    const value = Math.max(read(exception), samples.get(key)?.value ?? 0);
    samples.set(key, { labels: { ...own, vulnerability, package: name, image }, value });
  }
  return [...samples.values()];
}
