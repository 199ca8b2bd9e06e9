import { localText } from '../local-time.js';
import type { Report, StageReport } from './compute.js';
import { eventsSentence, imageSentence, SEVERITY_HEADS, severityRow, speedSentences, standSentences } from './words.js';

/** The report for a person at a terminal. */
export function reportText({ policy, timeZone, at, stages }: Report): string {
  const head = `How fast ${policy} is patched, as of ${localText(at, timeZone)}`;
  return `${[head, ...stages.flatMap((stage) => ['', ...stageText(stage, timeZone)])].join('\n')}\n`;
}

function stageText(stage: StageReport, timeZone: string): readonly string[] {
  const rows = stage.workloads.flatMap(({ workload, severities }) => severities.map((each) => severityRow(workload, each)));
  const events = eventsSentence(stage);
  return [
    `${stage.stage} (namespace ${stage.namespace})`,
    ...speedSentences(stage).map((sentence) => `  ${sentence}`),
    ...standSentences(stage, timeZone).map((sentence) => `  ${sentence}`),
    ...(events === '' ? [] : [`  In its history: ${events}`]),
    ...(rows.length === 0 ? [] : ['', ...columns([SEVERITY_HEADS, ...rows])]),
    '',
    ...stage.workloads.flatMap(({ workload, images }) => images.map((image) => `  ${workload} runs ${imageSentence(image, timeZone)}`)),
    ...(stage.unknown.length === 0 ? [] : ['', '  Not known', ...stage.unknown.map((what) => `  - ${what}`)]),
  ];
}

/** Columns as wide as their widest cell; numbers to the right. */
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) => (column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0));
  return rows.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd());
}
