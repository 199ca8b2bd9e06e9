import { SCANNER_FORMATS } from '../gate/read-report.js';
import { endReason } from '../gate/reasons.js';
import type { VexStatement } from '../gate/vex.js';
import type { Policy } from '../policy/policy.js';
import { type GatedImage, nameOf } from './gate-result.js';

/** What a reader of the verdict should know about what it rests on. */
export function gateWarnings(policy: Policy, images: readonly GatedImage[]): readonly string[] {
  return [...anchorWarnings(policy), ...images.flatMap((image) => imageWarnings(policy, image))];
}

/** What a reader should know of exceptions and VEX documents that did nothing. */
export function excuseWarnings(
  { exceptions = [] }: Policy,
  stage: string | undefined,
  vex: readonly VexStatement[],
  images: readonly GatedImage[],
): readonly string[] {
  const staged = stage === undefined ? exceptions.filter((exception) => exception.stage !== undefined).length : 0;
  const findings = images.flatMap(({ verdict }) => verdict.findings);
  const used = new Set(findings.flatMap(({ ignored, excepted }) => [ignored?.source, excepted?.source]));
  const idle = [...new Set(vex.map(({ source }) => source))].filter((source) => !used.has(source));
  return [
    ...(staged === 0 ? [] : [`${staged} of the policy's exceptions hold in one stage only and do not count here: name it with --stage`]),
    ...idle.map((source) => `${source}: none of its statements excuses a finding of these images`),
  ];
}

function anchorWarnings({ gate }: Policy): readonly string[] {
  if (gate.anchor !== 'detected') return [];
  return ['the policy counts from first detection, which reports do not tell: every finding counts as detected now'];
}

function imageWarnings({ gate, scan }: Policy, image: GatedImage): readonly string[] {
  const name = nameOf(image);
  const present = SCANNER_FORMATS.filter(({ kind }) => image.reports.some(({ scanner }) => scanner === kind));
  const missing = scan.scanners.filter(({ kind }) => !present.some((format) => format.kind === kind));
  const tells = (capability: 'exploited' | 'epss') => present.some(({ capabilities }) => capabilities[capability]);
  const asksExploited = gate.exploited?.deadline !== undefined || gate.preset?.rows.some(({ when }) => when.exploited === true) === true;
  return [
    ...missing.map(({ kind }) => `${name}: there is no report of ${kind}, which the policy names; what only ${kind} finds is not judged`),
    ...(asksExploited && !tells('exploited')
      ? [`${name}: no report tells which findings are exploited, so that deadline applies to none; add a report of grype`]
      : []),
    ...(gate.epss !== undefined && !tells('epss')
      ? [`${name}: no report gives EPSS, so that deadline applies to none; add a report of grype`]
      : []),
    ...(image.verdict.endOfLife !== undefined && gate.endOfLife === 'warn' ? [`${name}: ${endReason(image.verdict.endOfLife)}`] : []),
    ...(image.verdict.verdict === 'unknown' && image.verdict.allowed
      ? [`${name}: ${image.verdict.reason}; onMissingEvidence is warn`]
      : []),
  ];
}
