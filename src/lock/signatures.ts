import { dig } from '../manifest/dig.js';
import type { SignaturePolicy } from '../policy/policy.js';

/** What cosign stores beside an image: the text that was signed, and its signature. */
export interface ImageSignature {
  readonly payload: Buffer;
  /** Base64. */
  readonly signature: string;
}

/** Whether a policy asks for signatures on the images of a repository. Those of tools must be signed only where it is named. */
export function mustBeSigned({ repositories }: Pick<SignaturePolicy, 'repositories'>, repository: string, tool = false): boolean {
  if (repositories === undefined) return !tool;
  return repositories.some((name) => (name.endsWith('*') ? repository.startsWith(name.slice(0, -1)) : name === repository));
}

/**
 * Looks for a signature of an image by a key.
 * @param digest the image's, as the lock is to name it
 * @returns why there is none; undefined where there is one
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */
export function whyNotSigned(publicKey: string, digest: string, signatures: readonly ImageSignature[]): string | undefined {
  const ours = signatures.filter((signature) => isSignedBy(publicKey, signature));
  if (ours.length === 0) return 'none of its signatures is by the key that the policy names';
  return ours.some(({ payload }) => signedDigest(payload) === digest) ? undefined : 'its signature is of another image';
}

function isSignedBy(publicKey: string, { payload, signature }: ImageSignature): boolean {
  return process.getBuiltinModule('node:crypto').verify('sha256', payload, publicKey, Buffer.from(signature, 'base64'));
}

/** The digest that a payload in the format "simple signing" is about. */
function signedDigest(payload: Buffer): unknown {
  try {
    const critical = dig(JSON.parse(payload.toString('utf8')), 'critical');
    return dig(critical, 'type') === 'cosign container image signature' ? dig(critical, 'image', 'docker-manifest-digest') : undefined;
  } catch {
    return undefined;
  }
}
