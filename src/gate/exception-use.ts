import type { Milliseconds, PolicyException } from '../policy/policy.js';
import { concerns, type Exceptable, exceptionsOn, type ImageScope } from './exceptions.js';
import { toMs } from './instant.js';

/** An image and its findings, as exceptions were applied to them. */
export interface ExceptedImage {
  readonly name: string;
  readonly scope: ImageScope;
  readonly findings: readonly Exceptable[];
}

/** What became of one of a policy's exceptions. */
export interface ExceptionUse {
  readonly exception: PolicyException;
  /**
   * `used`: it is about a finding; `unused`: about none; `expired`: it has ended, and its findings count again;
   * `elsewhere`: it is about other images or stages than those that were judged.
   */
  readonly state: 'used' | 'unused' | 'expired' | 'elsewhere';
  /** Whether it is used and ends soon. */
  readonly expiring: boolean;
  /** The findings that it is about. */
  readonly findings: readonly { readonly image: string; readonly id: string; readonly package: string }[];
}

/** What became of every exception at an instant (epoch milliseconds), in the order of the policy; `soon` is before its end. */
export function exceptionUses(
  exceptions: readonly PolicyException[],
  images: readonly ExceptedImage[],
  at: number,
  soon: Milliseconds,
): readonly ExceptionUse[] {
  const found = new Map<PolicyException, ExceptionUse['findings'][number][]>(exceptions.map((exception) => [exception, []]));
  for (const { name, scope, findings } of images) {
    const matching = exceptionsOn(exceptions, scope);
    if (matching === undefined) continue;
    for (const finding of findings) {
      if (finding.ignored !== undefined) continue;
      for (const exception of matching(finding)) found.get(exception)?.push({ image: name, id: finding.id, package: finding.package });
    }
  }
  return exceptions.map((exception) => {
    const end = toMs(exception.expires);
    const about = found.get(exception) ?? [];
    const here = images.some(({ scope }) => concerns(exception, scope));
    const state = at >= end ? 'expired' : about.length > 0 ? 'used' : here ? 'unused' : 'elsewhere';
    return { exception, state, expiring: state === 'used' && end - at <= soon, findings: about };
  });
}
