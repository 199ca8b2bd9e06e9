import { mostSevere } from '../gate/severity.js';
import type { GatedImage } from './gate-result.js';

/** A finding of one image. */
export interface Located {
  readonly image: GatedImage;
  readonly finding: GatedImage['verdict']['findings'][number];
}

type Severity = Located['finding']['severity'];

/** One SARIF rule per vulnerability, sorted by its name: what code scanning shows of an alert, and how it ranks it. */
export function rulesOf(located: readonly Located[]) {
  const byId = new Map<string, Located[]>();
  for (const each of located) {
    const same = byId.get(each.finding.id);
    if (same === undefined) byId.set(each.finding.id, [each]);
    else same.push(each);
  }
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, same]) => ruleOf(id, same));
}

function ruleOf(id: string, located: readonly Located[]) {
  const findings = located.map(({ finding }) => finding);
  const severity = findings.map((finding) => finding.severity).reduce(mostSevere);
  const exploited = findings.some((finding) => finding.exploited);
  const packages = sortedOnce(findings.map((finding) => finding.package));
  const aliases = sortedOnce(findings.flatMap((finding) => finding.aliases));
  const link = linkOf(id);
  const score = scoreOf(severity, findings);
  const what = `${id}: ${severity} vulnerability${exploited ? ' that is known to be exploited' : ''}`;
  const remedies = sortedOnce(located.flatMap(({ image }) => (image.remedy === undefined ? [] : [` ${image.remedy.words}.`])));
  const about = `${what}, in ${packages.join(', ')}.${aliases.length === 0 ? '' : ` Also known as ${aliases.join(', ')}.`}`;
  return {
    id,
    name: id,
    shortDescription: { text: what },
    fullDescription: { text: about },
    help: { text: `${about}${remedies.join('')}${link === undefined ? '' : ` See ${link}`}` },
    ...(link === undefined ? {} : { helpUri: link }),
    defaultConfiguration: { level: 'warning' as const },
    properties: {
      tags: ['security', 'vulnerability', severity, ...(exploited ? ['exploited'] : [])],
      precision: 'very-high',
      'problem.severity': severity === 'critical' || severity === 'high' ? 'error' : 'warning',
      ...(score === undefined ? {} : { 'security-severity': score.toFixed(1) }),
    },
  };
}

/** The CVSS scores that GitHub reads as a severity, and one from their middle. */
const BANDS = {
  critical: { from: 9.1, to: 10, middle: 9.5 },
  high: { from: 7, to: 8.9, middle: 8 },
  medium: { from: 4, to: 6.9, middle: 5.5 },
  low: { from: 0.1, to: 3.9, middle: 2 },
} as const;

/** The highest score that was given, where it says what the severity says; else one that does. */
function scoreOf(severity: Severity, findings: readonly Located['finding'][]): number | undefined {
  if (severity === 'unknown') return undefined;
  const { from, to, middle } = BANDS[severity];
  const scores = findings.flatMap(({ cvss }) => cvss ?? []).flatMap(({ score }) => score ?? []);
  const fitting = scores.filter((score) => score >= from && score <= to);
  return fitting.length === 0 ? middle : Math.max(...fitting);
}

function linkOf(id: string): string | undefined {
  if (/^CVE-\d{4}-\d+$/.test(id)) return `https://nvd.nist.gov/vuln/detail/${id}`;
  if (/^GHSA(-[0-9a-z]{4}){3}$/.test(id)) return `https://github.com/advisories/${id}`;
  return undefined;
}

function sortedOnce(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
