import { names, shortHash } from '../manifest/names.js';

/** What people have decided about the promotions to a stage. */
export interface People {
  readonly approvals: readonly Approval[];
  readonly freeze?: Freeze;
}

/** Somebody's yes to one image in one stage. */
export interface Approval {
  /** Who, as the API server knows them: the guard lets nobody write another name. */
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
  readonly stage: string;
  readonly repository: string;
  readonly digest: string;
}

/** Somebody's no to every promotion. */
export interface Freeze {
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
  readonly reason: string;
  /** RFC 3339. Absent: until it is taken back. */
  readonly until?: string;
}

/** The key of a freeze in the ConfigMap that people write. */
export const FREEZE = 'freeze';

/** How long an approval counts. */
export const APPROVAL_MS = 7 * 86_400_000;

/** Clocks differ; nobody approves for later. */
const SKEW_MS = 300_000;

const APPROVAL = 'approval.';

/** The key of an approval: one for each image, so that approving again replaces it. */
export function approvalKey({ repository, digest }: Pick<Approval, 'repository' | 'digest'>): string {
  return `${APPROVAL}${shortHash(`${repository}@${digest}`, 16)}`;
}

/** As it is stored. The name comes first: the guard compares the beginning of the text, as its language reads no JSON. */
export function written({ by, at, ...rest }: Approval | Freeze): string {
  return JSON.stringify({ by, at, ...rest });
}

/**
 * Reads what is stored. An approval counts only as it was written by `written`: a text that repeats a key could begin with
 * one name and mean another. What cannot be read as a freeze is one all the same.
 */
export function readPeople(data: Readonly<Record<string, unknown>>): People {
  const approvals = Object.entries(data).flatMap(([key, text]) => {
    const value = key.startsWith(APPROVAL) ? readExactly(text) : undefined;
    return value !== undefined && isApproval(value) ? [value] : [];
  });
  const text = data[FREEZE];
  if (text === undefined) return { approvals };
  const freeze = readExactly(text);
  return { approvals, freeze: freeze !== undefined && isFreeze(freeze) ? freeze : { by: 'somebody', at: '', reason: String(text) } };
}

/** The approval of an image that counts at an instant (epoch milliseconds). */
export function approvalFor(
  { approvals }: People,
  wanted: Pick<Approval, 'stage' | 'repository' | 'digest'>,
  now: number,
): Approval | undefined {
  return approvals.find((each) => {
    const at = Date.parse(each.at);
    const same = each.stage === wanted.stage && each.repository === wanted.repository && each.digest === wanted.digest;
    return same && at <= now + SKEW_MS && now < at + APPROVAL_MS;
  });
}

/** The freeze that holds at an instant (epoch milliseconds). */
export function freezeAt({ freeze }: People, now: number): Freeze | undefined {
  return freeze?.until !== undefined && Date.parse(freeze.until) <= now ? undefined : freeze;
}

/** Where the API server has what people decided. */
export function pathOfPeople(namespace: string, stage: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps/${names.approvals(stage)}`;
}

function readExactly(text: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    const isSame = typeof value === 'object' && value !== null && JSON.stringify(value) === text;
    return isSame ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isApproval(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & Approval {
  const texts = ['by', 'stage', 'repository', 'digest'].every((field) => typeof value[field] === 'string');
  return texts && isTime(value.at);
}

function isFreeze(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & Freeze {
  const texts = ['by', 'reason'].every((field) => typeof value[field] === 'string');
  return texts && isTime(value.at) && (value.until === undefined || isTime(value.until));
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
