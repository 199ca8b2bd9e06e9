import type { RegistryClient } from '../agent/registry.js';
import { mustBeSigned, whyNotSigned } from '../lock/signatures.js';
import type { SignaturePolicy } from '../policy/policy.js';
import { isPatchwayError, PatchwayError } from '../problem.js';

/** An image that is about to be locked. */
export interface LockCandidate {
  readonly repository: string;
  readonly digest: string;
  /** Whether it is one of Patchway's own tools. */
  readonly tool: boolean;
}

/**
 * Verifies that images are signed as a policy asks for.
 * @throws with every image that is not
 */
export async function verifySignatures(
  signatures: SignaturePolicy | undefined,
  candidates: readonly LockCandidate[],
  client: RegistryClient,
  lock: string,
): Promise<void> {
  if (signatures === undefined) return;
  const asked = candidates.filter(({ repository, tool }) => mustBeSigned(signatures, repository, tool));
  const images = new Map(asked.map((candidate) => [`${candidate.repository}@${candidate.digest}`, candidate]));
  const answers = await Promise.all([...images].map(([image, { digest }]) => refusalOf(signatures, image, digest, client)));
  const refusals = answers.filter((answer) => answer !== undefined);
  if (refusals.length === 0) return;
  throw new PatchwayError(
    `${refusals.join('\n')}\n${lock} was not changed. Sign what you trust with \`cosign sign --key cosign.key IMAGE@DIGEST\`, or leave its repository out of promotion.signatures.repositories.`,
  );
}

async function refusalOf(
  { publicKey }: SignaturePolicy,
  image: string,
  digest: string,
  client: RegistryClient,
): Promise<string | undefined> {
  try {
    const why = whyNotSigned(publicKey, digest, await client.signatures(image));
    return why && `${image} is not locked: ${why}.`;
  } catch (error) {
    if (isPatchwayError(error)) return `${image} is not locked, as its signature was not found: ${error.message}`;
    throw error;
  }
}
