import type { PolicyException } from '../policy/policy.js';
import type { Excepted, JudgedFinding } from './finding.js';
import { compare } from './identity.js';
import { toMs } from './instant.js';

/** What of an image exceptions are compared with. */
export interface ImageScope {
  /** The full names of its repositories. */
  readonly repositories: readonly string[];
  /** Every digest that it is known by: the index's and its platforms'. */
  readonly digests: readonly string[];
  /** `repository:tag`, where that is known. */
  readonly names?: readonly string[];
  /** Where it runs or is to run. Unknown: what is accepted in one stage does not count. */
  readonly stage?: string;
}

/** What of a finding exceptions are compared with, and change. */
export type Exceptable = Pick<JudgedFinding, 'id' | 'aliases' | 'package' | 'failsAt' | 'excepted' | 'ignored'>;

/**
 * Findings with what is accepted at an instant (epoch milliseconds): an excepted finding fails at the later of its
 * deadline and the exception's end. One that has ended changes nothing; of several the one that ends last counts.
 */
export function withExceptions<F extends Exceptable>(
  findings: readonly F[],
  exceptions: readonly PolicyException[],
  image: ImageScope,
  at: number,
): readonly F[] {
  const matching = exceptionsOn(
    exceptions.filter(({ expires }) => at < toMs(expires)),
    image,
  );
  if (matching === undefined) return findings;
  return findings.map((finding) => {
    const [exception] = [...matching(finding)].sort(lastToEnd);
    if (exception === undefined) return finding;
    const { reason, approvedBy, expires } = exception;
    return excepted(finding, { reason, approvedBy, expires, source: 'policy' });
  });
}

/** A finding under an exception; the later end counts where it is under one already. */
export function excepted<F extends Exceptable>(finding: F, by: Excepted): F {
  if (finding.ignored !== undefined) return finding;
  if (finding.excepted !== undefined && toMs(finding.excepted.expires) >= toMs(by.expires)) return finding;
  const failsAt = finding.failsAt !== undefined && toMs(finding.failsAt) < toMs(by.expires) ? { failsAt: by.expires } : {};
  return { ...finding, ...failsAt, excepted: by };
}

/** Which of a policy's exceptions are about a finding of an image; undefined where none is about the image. */
export function exceptionsOn(
  exceptions: readonly PolicyException[],
  image: ImageScope,
): ((finding: Exceptable) => ReadonlySet<PolicyException>) | undefined {
  const byName = new Map<string, readonly PolicyException[]>();
  for (const exception of exceptions.filter((each) => concerns(each, image))) {
    const name = exception.vulnerability.toLowerCase();
    byName.set(name, [...(byName.get(name) ?? []), exception]);
  }
  if (byName.size === 0) return undefined;
  return ({ id, aliases, package: name }) => {
    const named = [id, ...aliases].flatMap((each) => byName.get(each.toLowerCase()) ?? []);
    return new Set(named.filter((exception) => exception.package === undefined || exception.package === name));
  };
}

/** Whether an exception is about an image where it runs, whatever its findings are. */
export function concerns({ stage, image: about }: PolicyException, image: ImageScope): boolean {
  if (stage !== undefined && stage !== image.stage) return false;
  if (about === undefined) return true;
  const [repository = '', digest] = about.split('@');
  return image.repositories.includes(repository) && (digest === undefined || image.digests.includes(digest));
}

/** The same first one whatever their order in the policy. */
function lastToEnd(a: PolicyException, b: PolicyException): number {
  return toMs(b.expires) - toMs(a.expires) || compare(a.approvedBy, b.approvedBy) || compare(a.reason, b.reason);
}
