import { resolve } from 'node:path';
import type { ImageScope } from '../gate/exceptions.js';
import { reportsByImage } from '../gate/images.js';
import { parseInstant } from '../gate/instant.js';
import { joinFindings } from '../gate/join.js';
import { type VexImage, vexDocument } from '../gate/write-vex.js';
import { parseReference } from '../lock/reference.js';
import { loadPolicy } from '../policy/load.js';
import type { Policy } from '../policy/policy.js';
import { PatchwayError } from '../problem.js';
import { readReports } from './gate-files.js';
import { imageScopeOf } from './gate-scope.js';
import type { Io } from './io.js';

export interface VexCommandOptions {
  /** Images that the document is about. @default those of the reports, and those that exceptions name */
  readonly image?: readonly string[];
  /** Reports, which tell package URLs and images; `-` is the standard input. @default none */
  readonly report?: readonly string[];
  /** The stage whose exceptions count too. @default exceptions for every stage alone */
  readonly stage?: string;
  /** RFC 3339. @default now */
  readonly timestamp?: string;
  /** @default the policy's name */
  readonly author?: string;
}

/**
 * `patchway vex`: writes the policy's exceptions as an OpenVEX document, for other tools to read.
 * @throws PatchwayError 65 for what cannot be read, 64 for a stage that does not exist
 */
export async function vex(file: string, options: VexCommandOptions, io: Io): Promise<0> {
  const policy = loadPolicy(resolve(io.cwd, file));
  if (options.stage !== undefined) policy.stage(options.stage);
  const images = [
    ...(await reported(options, io)),
    ...(options.image ?? []).map((image) => ({ scope: named(image, options), findings: [] })),
  ];
  const author = options.author ?? `Patch policy ${policy.name}`;
  const { document, left } = vexDocument(inStage(policy, options), images, { at: writtenAt(options.timestamp, io), author });
  for (const { exception, reason } of left) {
    const about = exception.package === undefined ? exception.vulnerability : `${exception.vulnerability} in ${exception.package}`;
    io.err(`warning: the exception for ${about} is left out: ${reason}\n`);
  }
  io.out(`${JSON.stringify(document, null, 2)}\n`);
  return 0;
}

function inStage(policy: Policy, { stage }: VexCommandOptions) {
  const exceptions = (policy.exceptions ?? []).filter((exception) => exception.stage === undefined || exception.stage === stage);
  return { name: policy.name, exceptions };
}

async function reported({ report = [], stage }: VexCommandOptions, io: Io): Promise<readonly VexImage[]> {
  if (report.length === 0) return [];
  const groups = reportsByImage(await readReports(report, io));
  return groups.map((group) => ({ scope: imageScopeOf(group, undefined, stage), findings: joinFindings(group.reports) }));
}

function named(image: string, { stage }: VexCommandOptions): ImageScope {
  const reference = parseReference(image);
  if (reference === undefined) {
    throw new PatchwayError(`--image ${image}: this is not an image reference. Write it as registry/repository@sha256:….`, {
      exitCode: 65,
    });
  }
  const { repository, digest } = reference;
  return { repositories: [repository], digests: digest === undefined ? [] : [digest], ...(stage === undefined ? {} : { stage }) };
}

function writtenAt(written: string | undefined, io: Io): number {
  if (written === undefined) return io.now();
  const instant = parseInstant(written);
  if (instant !== undefined) return instant;
  throw new PatchwayError(`--timestamp ${written}: this is not an instant. Write it in RFC 3339 with its offset: 2026-11-21T09:30:00Z.`, {
    exitCode: 65,
  });
}
