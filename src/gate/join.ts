import type { ScannerKind } from '../policy/policy.js';
import { resolveAliases } from './aliases.js';
import { uniqueRatings } from './cvss.js';
import type { Finding, Report } from './finding.js';
import { compare, sorted } from './identity.js';
import { earliest } from './instant.js';
import { remembered } from './once.js';
import { mostSevere } from './severity.js';

/**
 * The union of what scanners found in one image, each vulnerability of each source package once, sorted by both.
 * Neither the order of reports nor that of their findings matters, and joining again changes nothing.
 *
 * Two findings are one where their vulnerability is the same, aliases resolved, and their packages share a name:
 * one scanner says `openssl`, one `libcrypto3` of `openssl`, one `libcrypto3` alone. Severity is the highest known,
 * fixes are united, and of each date the earliest counts.
 */
export function joinFindings(reports: readonly Pick<Report, 'findings'>[]): readonly Finding[] {
  const findings = [...resolveAliases(reports.flatMap((report) => report.findings))].sort((a, b) => compare(a.id, b.id));
  return [...eachOnce(findings)];
}

/** Goes through findings that are sorted by vulnerability, one vulnerability at a time. */
function* eachOnce(findings: readonly Finding[]): Generator<Finding> {
  let from = 0;
  for (let to = 1; to <= findings.length; to++) {
    if (findings[to]?.id === findings[from]?.id) continue;
    const same = findings.slice(from, to);
    yield* same.length === 1
      ? same.map(normalised)
      : groupsOf(same)
          .map(merge)
          .sort((a, b) => compare(a.package, b.package));
    from = to;
  }
}

/** Findings of one vulnerability, in groups that are connected by a name: a forest of indices, each pointing to an earlier one. */
function groupsOf(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const parent = [...findings.keys()];
  const top = (index: number): number => {
    let at = index;
    for (let next = parent[at] ?? at; next !== at; next = parent[at] ?? at) at = next;
    parent[index] = at;
    return at;
  };
  const owners = new Map<string, number>();
  for (const [index, finding] of findings.entries()) {
    for (const name of [finding.package, ...finding.packages]) {
      const [a, b] = [top(owners.get(name) ?? index), top(index)];
      parent[Math.max(a, b)] = Math.min(a, b);
      owners.set(name, Math.min(a, b));
    }
  }
  const groups = new Map<number, Finding[]>();
  for (const [index, finding] of findings.entries()) remembered(groups, top(index), () => []).push(finding);
  return [...groups.values()];
}

function merge(group: readonly Finding[]): Finding {
  const [first, ...others] = group;
  if (first === undefined) throw new RangeError('a group of findings is never empty');
  if (others.length === 0) return normalised(first);
  const fixReleasedAt = earliest(...group.map((finding) => finding.fixReleasedAt));
  const publishedAt = earliest(...group.map((finding) => finding.publishedAt));
  const kevAddedAt = earliest(...group.map((finding) => finding.kevAddedAt));
  const scores = group.flatMap((finding) => finding.epss ?? []);
  const purls = sorted(group.flatMap((finding) => finding.purls ?? []));
  const cvss = uniqueRatings(group.flatMap((finding) => finding.cvss ?? []));
  return {
    id: first.id,
    aliases: sorted(group.flatMap((finding) => finding.aliases)),
    package: sourceOf(group),
    packages: sorted(group.flatMap((finding) => finding.packages)),
    ...(purls.length === 0 ? {} : { purls }),
    version: versionsOf(group),
    severity: group.map((finding) => finding.severity).reduce(mostSevere),
    fixedIn: sorted(group.flatMap((finding) => finding.fixedIn)),
    ...(fixReleasedAt === undefined ? {} : { fixReleasedAt }),
    ...(publishedAt === undefined ? {} : { publishedAt }),
    exploited: group.some((finding) => finding.exploited),
    ...(kevAddedAt === undefined ? {} : { kevAddedAt }),
    ...(scores.length === 0 ? {} : { epss: Math.max(...scores) }),
    ...(cvss.length === 0 ? {} : { cvss }),
    scanners: sortedKinds(group.flatMap((finding) => finding.scanners)),
  };
}

/** Reports of any origin become equal: lists sorted, each element once. Most findings are so already. */
function normalised(finding: Finding): Finding {
  const { aliases, packages, fixedIn, scanners, version } = finding;
  const short = aliases.length < 2 && packages.length < 2 && fixedIn.length < 2 && scanners.length < 2;
  if (short && !version.startsWith('0:') && !version.includes(', ')) return finding;
  return {
    ...finding,
    aliases: sorted(aliases),
    packages: sorted(packages),
    version: versionsOf([finding]),
    fixedIn: sorted(fixedIn),
    scanners: sortedKinds(scanners),
  };
}

/** The package that a scanner names as the source of another one; else the first name. */
function sourceOf(group: readonly Finding[]): string {
  const stated = group.filter((finding) => finding.packages.some((name) => name !== finding.package));
  const names = sorted((stated.length === 0 ? group : stated).map((finding) => finding.package));
  return names[0] ?? '';
}

/** One image may hold several versions of a package, and scanners differ in whether they write RPM's epoch 0. */
function versionsOf(group: readonly Finding[]): string {
  const versions = group.flatMap((finding) => finding.version.split(', ')).map((version) => version.replace(/^0:/, ''));
  return sorted(versions.filter((version) => version !== '')).join(', ');
}

function sortedKinds(kinds: readonly ScannerKind[]): readonly ScannerKind[] {
  return [...new Set(kinds)].sort();
}
