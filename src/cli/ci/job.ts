import type { ImageLock } from '../../lock/lock.js';
import { toolImage } from '../../lock/lookup.js';
import { parseReference } from '../../lock/reference.js';
import type { EnvVar } from '../../manifest/manifest.js';
import type { Policy } from '../../policy/policy.js';
import { isPatchwayError, PatchwayError } from '../../problem.js';
import { podScanners } from '../../scan/engines.js';

/** What a workflow does, on whatever forge. */
export interface CiJob {
  /** The policy's file, from the root of the repository. */
  readonly policy: string;
  /** The policy's name. */
  readonly name: string;
  readonly stage?: string;
  /** The repository that the image gets its name from; absent: the forge's own registry. */
  readonly repository?: string;
  readonly scanners: readonly CiScanner[];
  /** The stock Node image, by digest. */
  readonly node: string;
  /** `patchway@1.2.3`. */
  readonly patchway: string;
  readonly timeoutMinutes: number;
}

/** A scanner as a container. */
export interface CiScanner {
  readonly kind: string;
  /** By digest. */
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly EnvVar[];
}

export interface CiRequest {
  readonly policy: Policy;
  readonly policyFile: string;
  readonly lock: ImageLock;
  /** Patchway's own version. */
  readonly version: string;
  readonly stage?: string;
  readonly image?: string;
}

/**
 * What a workflow is to do for a policy.
 * @throws PatchwayError 65 where a scanner's image is not locked, or none of the scanners can run in a workflow, 64 for an image or stage that is none
 */
export function ciJob({ policy, policyFile, lock, version, stage, image }: CiRequest): CiJob {
  if (stage !== undefined && !policy.stages.some(({ name }) => name === stage)) {
    const names = policy.stages.map(({ name }) => name).join(', ');
    throw new PatchwayError(`--stage ${stage}: the policy has no such stage; it has ${names}.`, { exitCode: 64 });
  }
  const pods = podScanners(policy.scan);
  if (pods.length === 0) {
    const message = 'a workflow can run trivy and grype, and the policy names neither; Clair fetches images from a registry by itself.';
    throw new PatchwayError(`scan.scanners: ${message} Add one of them.`, { exitCode: 65 });
  }
  const images = lockedTools(lock, ['agent', ...pods.map(({ program }) => program.tool)]);
  return {
    policy: policyFile,
    name: policy.name,
    ...(stage === undefined ? {} : { stage }),
    ...(image === undefined ? {} : { repository: repositoryOf(image) }),
    scanners: pods.map(({ scanner, program }) => {
      const { args, env } = program.start(scanner, { timeout: policy.scan.timeout, cached: false });
      return { kind: scanner.kind, image: images.get(program.tool) ?? '', args: [...args, ...scanner.args], env };
    }),
    node: images.get('agent') ?? '',
    patchway: `patchway@${version}`,
    timeoutMinutes: 30 + Math.ceil((policy.scan.timeout * pods.length) / 60_000),
  };
}

/** The images of tools, by digest; those that the lock lacks are told at once. */
function lockedTools(lock: ImageLock, tools: readonly (keyof ImageLock['tools'])[]): ReadonlyMap<string, string> {
  const images = new Map<string, string>();
  const messages: string[] = [];
  for (const tool of tools) {
    try {
      images.set(tool, toolImage(lock, tool));
    } catch (error) {
      if (!isPatchwayError(error)) throw error;
      messages.push(error.message);
    }
  }
  if (messages.length > 0) throw new PatchwayError(messages.join('\n'), { exitCode: 65 });
  return images;
}

function repositoryOf(image: string): string {
  const reference = parseReference(image);
  if (reference !== undefined && image === image.replace(/[:@][^/]*$/, '')) return reference.repository;
  throw new PatchwayError(`--image ${image}: this is not a repository. Write it without tag and digest: ghcr.io/acme/web.`, {
    exitCode: 64,
  });
}
