import type { Stage } from '../../policy/policy.js';
import { type Change, describeImage } from '../images.js';

/** What a request says: of a commit, the first line and the rest. */
export interface Message {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** Says what a request moves in the lock, and why. */
export function proposalMessage({ name, after }: Stage, changes: readonly Change[], because: string): Message {
  return {
    title: `Promote ${titles(changes)} to ${name}`,
    body: [
      `This moves images of stage ${name} in the lock. They come from ${after.join(' and ')}:`,
      table(changes),
      'Why now:',
      verbatim(because),
      `Merged, it is deployed. To say no for good, add the digest to ${REFUSED_FILE}: a request that is only closed comes again.`,
    ].join('\n\n'),
  };
}

/** Says what failed, and that this puts it back. */
export function revertMessage({ name }: Stage, changes: readonly Change[], because: string): Message {
  const back = changes.flatMap((change) => (change.from === undefined ? [] : [{ ...change, from: change.to, to: change.from }]));
  return {
    title: `Put ${titles(back)} back in ${name}`,
    body: [
      `The deployment to stage ${name} failed. This puts back in the lock what ran before, and refuses what failed, so that it is not proposed again:`,
      table(back),
      'What happened:',
      verbatim(because),
      `To have it tried again all the same, remove its digest from ${REFUSED_FILE}.`,
    ].join('\n\n'),
  };
}

/** Beside the lock: what was refused, by stage. */
export const REFUSED_FILE = 'patchway-refused.json';

function titles(changes: readonly Change[]): string {
  return changes.map(({ reference, to }) => describeImage(reference, to).replace(/ \(.*/, '')).join(', ');
}

function table(changes: readonly Change[]): string {
  const rows = changes.map(({ reference, from, to }) => `| \`${reference}\` | ${from === undefined ? '' : cell(from)} | ${cell(to)} |`);
  return ['| image | from | to |', '| --- | --- | --- |', ...rows].join('\n');
}

function cell({ tag, digest }: Change['to']): string {
  return `\`${tag}@${digest}\``;
}

/** Other programs' words: in a block of code nobody is mentioned, and nothing is markup. */
function verbatim(words: string): string {
  const lines = [''];
  for (const word of words.replace(/\p{Cc}+/gu, ' ').split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > 96) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `    ${line}`).join('\n');
}
