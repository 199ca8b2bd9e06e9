import type { ImageLock } from '../../lock/lock.js';
import { parseReference } from '../../lock/reference.js';
import type { Policy } from '../../policy/policy.js';
import { BASE_MANAGER, type CustomManager, dependenciesIn, stageManager, toolManager } from './renovate-manager.js';

/** What an updater is to keep current. */
export interface UpdaterJob {
  readonly policy: Policy;
  /** The lock's file, from the root of the repository. */
  readonly lockFile: string;
  /** How old an image must be before it is proposed, in milliseconds. @default any age */
  readonly minimumAge?: number;
}

/**
 * Configuration for Renovate: the first stages of the lock, Patchway's tools, `patchway.dev/base` annotations and
 * Dockerfiles. What other stages have comes by promotion, so Renovate does not find it.
 */
export function renovateConfig(job: UpdaterJob): string {
  const { policy, lockFile, minimumAge = 0 } = job;
  const config = {
    $schema: 'https://docs.renovatebot.com/renovate-schema.json',
    description: ['Written by `patchway ci renovate`: write it again after the policy has changed.'],
    extends: ['config:recommended'],
    timezone: policy.timeZone,
    customManagers: customManagers(job),
    packageRules: [
      ...(minimumAge === 0
        ? []
        : [
            {
              description: ['Most registries do not say when an image was pushed: there an age that is not known counts as reached.'],
              matchDatasources: ['docker'],
              minimumReleaseAge: renovateAge(minimumAge),
              minimumReleaseAgeBehaviour: 'timestamp-optional',
            },
          ]),
      {
        description: ['A change of the lock is a rollout in the first stages: somebody looks at it.'],
        matchManagers: ['custom.regex'],
        matchFileNames: [lockFile],
        automerge: false,
        prBodyNotes: [
          `Run \`patchway lock update\` on this branch: it completes ${lockFile}, and \`patchway lock check\` fails until then.`,
        ],
      },
      { description: ['Bases by digest.'], matchManagers: ['dockerfile'], pinDigests: true },
    ],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** What Renovate finds things with: the lock's first stages, the lock's tools, and bases that manifests name. */
export function customManagers({ policy, lockFile }: UpdaterJob): readonly CustomManager[] {
  return [...firstStages(policy).map((stage) => stageManager(lockFile, stage)), toolManager(lockFile), BASE_MANAGER];
}

/** The lock's entries that Renovate will not find, as they are written in another way than `lock update` writes them. */
export function overlookedEntries({ policy, lockFile }: UpdaterJob, text: string, { images, tools }: ImageLock): readonly string[] {
  const overlooked = (manager: CustomManager, entries: readonly Wanted[]) => {
    const found = dependenciesIn(text, manager);
    const isFound = ({ image, tag, digest }: Wanted) =>
      found.some(
        (each) => repositoryOf(each.depName ?? '') === repositoryOf(image) && each.currentValue === tag && each.currentDigest === digest,
      );
    return entries.filter((entry) => !isFound(entry)).map(({ what }) => what);
  };
  const ofStage = (stage: string): readonly Wanted[] =>
    Object.entries(images).flatMap(([reference, { [stage]: entry }]) =>
      entry === undefined ? [] : [{ what: `${reference} in ${stage}`, image: reference, tag: entry.tag, digest: entry.digest }],
    );
  const ofTools = Object.entries(tools).map(([name, { image, tag, digest = '' }]) => ({ what: `tool ${name}`, image, tag, digest }));
  return [
    ...firstStages(policy).flatMap((stage) => overlooked(stageManager(lockFile, stage), ofStage(stage))),
    ...overlooked(toolManager(lockFile), ofTools),
  ];
}

interface Wanted {
  readonly what: string;
  readonly image: string;
  readonly tag: string;
  readonly digest: string;
}

function firstStages({ stages }: Policy): readonly string[] {
  return stages.filter(({ after }) => after.length === 0).map(({ name }) => name);
}

function repositoryOf(image: string): string | undefined {
  return parseReference(image)?.repository;
}

const HOUR = 3_600_000;

function renovateAge(ms: number): string {
  const hours = Math.ceil(ms / HOUR);
  return hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
}
