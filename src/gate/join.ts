import type { ScannerKind } from '../policy/policy.js';
import { resolveAliases } from './aliases.js';
import { uniqueRatings } from './cvss.js';
import type { Finding, Report } from './finding.js';
import { compare, sorted } from './identity.js';
import { earliest } from './instant.js';
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
  const findings = resolveAliases(reports.flatMap((report) => report.findings));
  const { single, groups } = grouped(findings);
  return [...single.map(normalised), ...groups.map(merge)].sort((a, b) => compare(a.id, b.id) || compare(a.package, b.package));
}

/** Groups of findings that are connected by a name, and those that are alone: a forest of indices, each pointing to an earlier one. */
function grouped(findings: readonly Finding[]): { readonly single: readonly Finding[]; readonly groups: readonly (readonly Finding[])[] } {
  const parent = Uint32Array.from(findings.keys());
  const top = (index: number): number => {
    let at = index;
    for (let next = parent[at] ?? at; next !== at; next = parent[at] ?? at) at = next;
    parent[index] = at;
    return at;
  };
  const owners = new Map<string, number>();
  const connected = new Uint8Array(findings.length);
  const connect = (id: string, name: string, index: number) => {
    const key = `${id} ${name}`;
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, index);
    else if (owner !== index) {
      const [a, b] = [top(owner), top(index)];
      parent[Math.max(a, b)] = Math.min(a, b);
      connected[owner] = connected[index] = 1;
    }
  };
  for (const [index, finding] of findings.entries()) {
    connect(finding.id, finding.package, index);
    for (const name of finding.packages) if (name !== finding.package) connect(finding.id, name, index);
  }
  const groups = new Map<number, Finding[]>();
  for (const [index, finding] of findings.entries()) {
    if (connected[index] === 0) continue;
    const group = groups.get(top(index));
    if (group === undefined) groups.set(top(index), [finding]);
    else group.push(finding);
  }
  return { single: findings.filter((_, index) => connected[index] === 0), groups: [...groups.values()] };
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
