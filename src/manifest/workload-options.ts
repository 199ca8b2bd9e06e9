import type { Problem } from '../problem.js';
import { dig } from './dig.js';
import { type Manifest, titleOf } from './manifest.js';

/** What a red verdict asks for: a newer tag, a build on a newer base, or a patch of the image as it is. */
export type Remedy = 'update' | 'rebuild' | 'copa';
export const REMEDIES: readonly Remedy[] = ['update', 'rebuild', 'copa'];

/** What a workload says of itself, by annotations `patchway.dev/<name>`. It is about the image of its first container. */
export interface WorkloadOptions {
  /** What a red verdict asks for. @default update */
  readonly remedy?: Remedy;
  /** The base image of its Dockerfile: `alpine:3.19`. @default what the image says of itself */
  readonly base?: string;
  /**
   * For `rebuild`: the Secret, in the first stage's namespace, with the address that is asked for a build (`url`, and where
   * it is needed the header `authorization`). Annotation `patchway.dev/rebuild-webhook`. @default nobody is asked
   */
  readonly rebuildWebhook?: string;
  /** For `copa`: where BuildKit listens, `tcp://buildkitd.build:1234`. @default no CronJob that patches */
  readonly buildkit?: string;
  /**
   * For `copa`: the Secret with credentials that may push. Annotation `patchway.dev/push-secret`.
   * @default the first that the workload is pulled with, else the scans'
   */
  readonly pushSecret?: string;
  /**
   * When it is its turn in a promotion: lower ones first, each once those before are healthy. A whole number, 0 or more.
   * @default 0, and so all of a stage at once
   */
  readonly order?: number;
}

const ANNOTATIONS: Readonly<Record<keyof WorkloadOptions, string>> = {
  remedy: 'patchway.dev/remedy',
  base: 'patchway.dev/base',
  rebuildWebhook: 'patchway.dev/rebuild-webhook',
  buildkit: 'patchway.dev/buildkit',
  pushSecret: 'patchway.dev/push-secret',
  order: 'patchway.dev/order',
};

const NAMES = Object.keys(ANNOTATIONS) as readonly (keyof WorkloadOptions)[];

/** What each option means something for, and what it looks like. */
const ONLY_FOR = [
  {
    name: 'rebuildWebhook',
    remedy: 'rebuild',
    pattern: /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
    expected: 'the name of a Secret. Addresses and tokens belong into it, not into a manifest',
  },
  { name: 'buildkit', remedy: 'copa', pattern: /^tcp:\/\/[^\s/]+:\d{1,5}$/, expected: 'an address such as tcp://buildkitd.build:1234' },
  { name: 'pushSecret', remedy: 'copa', pattern: /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, expected: 'the name of a Secret' },
] as const;

const ORDER = /^\d{1,4}$/;

/** Opts a workload out of its policy; the value is the reason. A label does as well, where tools only set labels. */
export const IGNORE = 'patchway.dev/ignore';

/** Reads a workload's annotations; what cannot be meant is a problem. */
export function workloadOptions(manifest: Manifest): { readonly options: WorkloadOptions; readonly problems: readonly Problem[] } {
  const written = (name: keyof WorkloadOptions) => dig(manifest, 'metadata', 'annotations', ANNOTATIONS[name]);
  const problem = (name: keyof WorkloadOptions, message: string, hint: string, severity: Problem['severity'] = 'error'): Problem => ({
    path: `${titleOf(manifest)} metadata.annotations["${ANNOTATIONS[name]}"]`,
    message,
    received: JSON.stringify(written(name)),
    hint,
    severity,
  });
  const remedy = REMEDIES.find((each) => each === written('remedy'));
  const problems = ONLY_FOR.flatMap(({ name, remedy: needed, pattern, expected }) => {
    const value = written(name);
    if (value === undefined) return [];
    if (typeof value !== 'string' || !pattern.test(value)) return [problem(name, 'This cannot be used.', `Write ${expected}.`)];
    if (remedy === needed) return [];
    return [problem(name, `This does nothing without ${ANNOTATIONS.remedy}: ${needed}.`, 'Set that, or remove this.', 'warning')];
  });
  const texts = NAMES.flatMap((name) => {
    const value = written(name);
    return typeof value === 'string' && name !== 'remedy' && name !== 'order' ? [[name, value] as const] : [];
  });
  const order = typeof written('order') === 'string' && ORDER.test(String(written('order'))) ? Number(written('order')) : undefined;
  const wrong = [
    ...(written('remedy') === undefined || remedy !== undefined
      ? []
      : [problem('remedy', 'This is no remedy.', `Use one of ${REMEDIES.join(', ')}.`)]),
    ...(written('order') === undefined || order !== undefined
      ? []
      : [problem('order', 'This is no order.', "Write a whole number as text, such as '1': lower ones come first.")]),
  ];
  return {
    options: {
      ...Object.fromEntries(texts),
      ...(remedy === undefined ? {} : { remedy }),
      ...(order === undefined ? {} : { order }),
    },
    problems: [...wrong, ...problems],
  };
}

/** The annotations that say the same as these options. */
export function annotationsOf(options: WorkloadOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[ANNOTATIONS[name], String(value)] as const];
    }),
  );
}

/** Why a workload is not to be touched; undefined where it is. */
export function ignoredBecause({ metadata }: Manifest): string | undefined {
  return metadata.annotations?.[IGNORE] ?? metadata.labels?.[IGNORE];
}
