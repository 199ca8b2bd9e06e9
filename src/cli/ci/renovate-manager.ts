/** One of Renovate's custom managers: how it finds images in a file, and what it writes in their place. */
export interface CustomManager {
  readonly customType: 'regex';
  readonly description: string;
  readonly managerFilePatterns: readonly string[];
  /** Each looks within what the one before it found; the groups of all count. RE2: no lookaround, no backreference. */
  readonly matchStrings: readonly string[];
  readonly matchStringsStrategy: 'recursive';
  readonly datasourceTemplate: 'docker';
  /** What the last match becomes. Without it Renovate replaces a tag `1` wherever it stands, also within a digest. */
  readonly autoReplaceStringTemplate: string;
}

/** An image as Renovate sees it. */
export interface Dependency {
  readonly depName?: string;
  readonly currentValue?: string;
  readonly currentDigest?: string;
  /** What is replaced: the last match. */
  readonly replaceString: string;
}

const REGEX = { customType: 'regex', matchStringsStrategy: 'recursive', datasourceTemplate: 'docker' } as const;
const TAG = `["']?(?<currentValue>\\w[\\w.-]*)["']?`;
const DIGEST = `["']?(?<currentDigest>sha256:[a-f0-9]{64})["']?`;
/** Only the last part of a repository's name cannot have a port. */
const REPOSITORY = `(?:[^\\s"'#@/{}]+/)*[^\\s"'#@:/{}]+`;
/** A reference with all that stands below it. */
const BLOCK = `\\n {2}["']?(?<depName>${REPOSITORY})(?::\\w[\\w.-]*)?["']?:[ \\t\\r]*(?:#[^\\n]*)?(?:(?:\\n[ \\t]*(?:#[^\\n]*)?\\r?)*\\n {3,}[^\\n]*)*`;

/** The entries of one stage in the lock, as `lock update` writes them or Prettier formats them: maps in braces. */
export function stageManager(lockFile: string, stage: string): CustomManager {
  return {
    ...REGEX,
    description: `Images of stage ${stage}.`,
    managerFilePatterns: [lockFile],
    matchStrings: [BLOCK, `\\n {4}${stage}:\\s+\\{\\s*tag: ${TAG},\\s*digest: ${DIGEST}`],
    autoReplaceStringTemplate: `\n    ${stage}: {tag: "{{{newValue}}}", digest: "{{{newDigest}}}"`,
  };
}

/** The lock's tools. */
export function toolManager(lockFile: string): CustomManager {
  return {
    ...REGEX,
    description: "Patchway's own tools.",
    managerFilePatterns: [lockFile],
    matchStrings: [
      `\\n {2}(?:agent|trivy|grype):\\s+\\{\\s*image: ["']?(?<depName>[^\\s"',]+)["']?,[^}]*`,
      `,\\s*tag: ${TAG},\\s*digest: ${DIGEST}`,
    ],
    autoReplaceStringTemplate: ', tag: "{{{newValue}}}", digest: "{{{newDigest}}}"',
  };
}

/** Bases that manifests name, which follow the Dockerfiles. */
export const BASE_MANAGER: CustomManager = {
  ...REGEX,
  description: 'Bases that workloads name.',
  managerFilePatterns: ['/\\.ya?ml$/'],
  matchStrings: [
    `patchway\\.dev/base: +["']?[^\\s"',}]+["']?`,
    `^patchway\\.dev/base: +["']?(?<depName>${REPOSITORY}):(?<currentValue>\\w[\\w.-]*)(?:@(?<currentDigest>sha256:[a-f0-9]{64}))?["']?$`,
  ],
  autoReplaceStringTemplate: 'patchway.dev/base: "{{{depName}}}:{{{newValue}}}{{#if newDigest}}@{{{newDigest}}}{{/if}}"',
};

/**
 * What a custom manager finds in a file, as Renovate does it.
 * @see https://docs.renovatebot.com/modules/manager/regex/
 */
export function dependenciesIn(text: string, { matchStrings }: CustomManager): readonly Dependency[] {
  return matchStrings.reduce<readonly Dependency[]>(
    (found, matchString) =>
      found.flatMap(({ replaceString, ...groups }) =>
        [...replaceString.matchAll(new RegExp(matchString, 'g'))].map((match) => ({ ...groups, ...match.groups, replaceString: match[0] })),
      ),
    [{ replaceString: text }],
  );
}
