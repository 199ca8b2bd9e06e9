import { toInstant } from '../gate/instant.js';
import { stateAt } from '../gate/verdict.js';
import { askedOf, bySeriousness, excuseOf, type GatedImage, type GateResult, gateSummary, nameOf } from './gate-result.js';

type Finding = GatedImage['verdict']['findings'][number];

/**
 * The verdict as a comment on a pull request: what is overdue or due in a table, everything else folded away. It starts
 * with an invisible marker, `<!-- patchway gate: NAME -->`, by which a bot finds its comment again, and stays below the
 * 65,536 characters that forges take.
 */
export function gateMarkdown(result: GateResult): string {
  const { policy, asOf, images, warnings } = result;
  const head = [
    `<!-- patchway gate: ${policy.name} -->`,
    `### ${gateSummary(result)}`,
    `Policy \`${policy.name}\` as of ${toInstant(asOf)}.`,
    ...(warnings.length === 0
      ? []
      : [
          warnings
            .slice(0, MOST_WARNINGS)
            .map((warning) => `- :warning: ${text(warning)}`)
            .join('\n'),
        ]),
  ];
  const blocks: string[] = [];
  let room = LONGEST - head.join('').length;
  for (const image of images) {
    const block = imageBlock(image, asOf, room);
    if (block.length > room) break;
    blocks.push(block);
    room -= block.length;
  }
  const left = images.length - blocks.length;
  const more = left === 0 ? [] : [`${left} more ${left === 1 ? 'image' : 'images'} not shown: \`--format json\` lists everything.`];
  return `${[...head, ...blocks, ...more].join('\n\n')}\n`;
}

/** A comment may have 65,536 characters on GitHub; the rest of the comment fits between the two. */
const LONGEST = 60_000;
const MOST_WARNINGS = 10;
/** What one image's findings may take at most, so that a large one leaves room for others. */
const LONGEST_TABLE = 20_000;

const ICONS = { pass: ':white_check_mark:', fail: ':x:', unknown: ':grey_question:' } as const;

function imageBlock(image: GatedImage, asOf: number, room: number): string {
  const { verdict } = image;
  const { urgent, rest } = bySeriousness(verdict.findings, asOf);
  const asked = askedOf(image);
  const todo = asked === undefined ? '' : `\n\n**To do:** ${text(asked)}`;
  const heading = `#### ${ICONS[verdict.verdict]} ${code(nameOf(image))} ${verdict.verdict}\n\n${text(verdict.reason)}${todo}`;
  const size = Math.min(LONGEST_TABLE, Math.max(0, room - heading.length - OVERHEAD) / 2);
  const table = tableOf(
    ['', 'Finding', 'Package', 'Update to', 'Due'],
    urgent.map((finding) => urgentRow(finding, asOf)),
    size,
  );
  const details = tableOf(
    ['', 'Finding', 'Package', 'Why'],
    rest.map((finding) => restRow(finding, asOf)),
    size,
  );
  const folded = `<details><summary>${rest.length} more that ${rest.length === 1 ? 'asks' : 'ask'} for nothing now</summary>\n\n${details}\n\n</details>`;
  return [heading, ...(urgent.length === 0 ? [] : [table]), ...(rest.length === 0 ? [] : [folded])].join('\n\n');
}

/** Headings, the fold's own words, and the lines that say what was left out. */
const OVERHEAD = 1_000;

function urgentRow(finding: Finding, asOf: number): readonly string[] {
  const rating = `${finding.severity}${finding.exploited ? ', **exploited**' : ''}`;
  const fix = finding.fixedIn.length === 0 ? 'no fix yet' : finding.fixedIn.map(code).join(' or ');
  return [stateAt(finding, asOf), `${code(finding.id)} ${rating}`, installed(finding), fix, finding.failsAt ?? ''];
}

function restRow(finding: Finding, asOf: number): readonly string[] {
  const why = text(excuseOf(finding, asOf) ?? finding.reason);
  return [stateAt(finding, asOf), `${code(finding.id)} ${finding.severity}`, installed(finding), why];
}

function installed({ package: name, version }: Finding): string {
  return code(version === '' ? name : `${name} ${version}`);
}

/** A table whose rows take no more than some characters, and a line that counts those left out. */
function tableOf(columns: readonly string[], rows: readonly (readonly string[])[], size: number): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  let room = size;
  const lines: string[] = [];
  for (const row of rows) {
    const next = line(row);
    room -= next.length + 1;
    if (room < 0) break;
    lines.push(next);
  }
  const left = rows.length - lines.length;
  const more = left === 0 ? [] : [`\n${left} more not shown: \`--format json\` lists them.`];
  const table = lines.length === 0 ? [] : [line(columns), line(columns.map(() => '---')), ...lines];
  return [...table, ...more].join('\n');
}

/** Whoever wrote a report or an exception wrote no prose worth more. */
const LONGEST_TEXT = 300;

/** A name, set so that forges see neither markup nor a mention in it. */
function code(name: string): string {
  return `<code>${text(name)}</code>`;
}

/**
 * Somebody else's words: no markup, table cell, link or mention comes of them. References to characters never make
 * markup; mentions and issue numbers are recognised even so, and are broken by a space without width.
 */
function text(words: string): string {
  const short = words.length > LONGEST_TEXT ? `${words.slice(0, LONGEST_TEXT)}…` : words;
  return short
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu, ' ')
    .replace(/[@#]|:\/\/|www\.|[&<>|\\`*_~[\]()!$"']/gi, (found) =>
      /^(?:[@#]|:|w)/i.test(found) ? `${found.slice(0, 1)}&#8203;${found.slice(1)}` : `&#${found.codePointAt(0)};`,
    );
}
