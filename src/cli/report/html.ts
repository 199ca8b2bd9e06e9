import { formatDuration } from '../../policy/duration.js';
import { localText } from '../local-time.js';
import { escaped, page, table } from '../page.js';
import type { Report, StageReport } from './compute.js';
import type { FixedFinding } from './fixed.js';
import { eventsSentence, imageSentence, SEVERITY_HEADS, severityRow, speedSentences, standSentences } from './words.js';

/** The report as one page that can be filed or sent. */
export function reportHtml({ policy, timeZone, at, stages }: Report): string {
  return page(
    `How fast ${policy} is patched`,
    [
      `<h1>How fast ${escaped(policy)} is patched</h1>`,
      `<p class="muted">As of ${escaped(localText(at, timeZone))}. From the evidence and the history that the cluster keeps. All times in ${escaped(timeZone)}.</p>`,
      ...stages.flatMap((stage) => stageHtml(stage, timeZone)),
    ],
    STYLE,
  );
}

const STYLE =
  '.bar{display:flex;height:1.1rem;margin:.5rem 0 .25rem;border-radius:3px;overflow:hidden}.bar span{display:block}.fixed{background:#2c7a4b}.due{background:#c98a00}.overdue{background:#a4262c}.other{background:#8c959f}.key span{display:inline-block;width:.8rem;height:.8rem;margin:0 .35rem 0 1rem;vertical-align:-1px}.key span:first-child{margin-left:0}\n';

function stageHtml(stage: StageReport, timeZone: string): readonly string[] {
  const rows = stage.workloads.flatMap(({ workload, severities }) => severities.map((each) => severityRow(workload, each)));
  const events = eventsSentence(stage);
  const images = stage.workloads.flatMap(({ workload, images: each }) =>
    each.map((image) => `${workload} runs ${imageSentence(image, timeZone)}`),
  );
  return [
    `<h2>${escaped(stage.stage)} <span class="muted">(namespace ${escaped(stage.namespace)})</span></h2>`,
    `<p>${escaped(speedSentences(stage).join(' '))}</p>`,
    `<p>${escaped(standSentences(stage, timeZone).join(' '))}</p>`,
    ...(events === '' ? [] : [`<p>In its history: ${escaped(events)}</p>`]),
    ...bar(stage),
    ...(rows.length === 0 ? [] : [table('What was found in each workload, and what became of it.', SEVERITY_HEADS, rows)]),
    '<h3>What runs</h3>',
    list(images),
    ...(stage.fixed.length === 0 ? [] : ['<h3>What was fixed</h3>', fixedTable(stage.fixed, timeZone)]),
    ...(stage.unknown.length === 0 ? [] : ['<h3>What is not known</h3>', list(stage.unknown)]),
  ];
}

/** All findings of a stage as one bar, in proportion. */
function bar({ workloads, fixed }: StageReport): readonly string[] {
  const all = workloads.flatMap(({ severities }) => severities);
  const [due, overdue, open] = [
    all.reduce((sum, each) => sum + each.due, 0),
    all.reduce((sum, each) => sum + each.overdue, 0),
    all.reduce((sum, each) => sum + each.open, 0),
  ];
  const parts = [
    ['fixed', 'fixed', fixed.length],
    ['overdue', 'overdue', overdue],
    ['due', 'due', due],
    ['other', 'accepted or without a deadline', Math.max(0, open - due - overdue)],
  ] as const;
  if (fixed.length + open === 0) return [];
  const words = parts.map(([, what, number]) => `${number} ${what}`).join(', ');
  return [
    `<div class="bar" role="img" aria-label="${escaped(words)}">${parts.map(([kind, , number]) => `<span class="${kind}" style="flex:${number}"></span>`).join('')}</div>`,
    `<p class="key muted">${parts.map(([kind, what, number]) => `<span class="${kind}"></span>${number} ${what}`).join('')}</p>`,
  ];
}

function fixedTable(fixed: readonly FixedFinding[], timeZone: string): string {
  const at = (instant: string | undefined) => (instant === undefined ? 'not known' : localText(Date.parse(instant), timeZone));
  const row = ({ id, package: name, severity, exploited, workload, since, fixedAt, deadline, inTime }: FixedFinding) => [
    `${id} in ${name}${exploited ? ', exploited' : ''}`,
    severity,
    workload,
    `${at(since?.at)}${since?.of === 'firstSeen' ? ' (first seen)' : ''}`,
    at(fixedAt),
    since === undefined || fixedAt === undefined ? '' : formatDuration(Math.max(0, Date.parse(fixedAt) - Date.parse(since.at))),
    deadline === undefined ? 'none' : inTime === undefined ? at(deadline) : `${at(deadline)}: ${inTime ? 'in time' : 'late'}`,
  ];
  const heads = ['finding', 'severity', 'workload', 'fix released', 'fixed', 'after', 'deadline'];
  return table('Findings that are gone, with when their fix came out and when it was in place.', heads, fixed.map(row));
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
}
