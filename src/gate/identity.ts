/** What a vulnerability is called: the CVE where one is known, and its other names. */
export interface Identity {
  readonly id: string;
  /** Sorted, without `id`. */
  readonly aliases: readonly string[];
}

export function isCve(id: string): boolean {
  return id.startsWith('CVE-');
}

/**
 * The vulnerabilities that one entry of a report is about. A distribution's advisory covers several CVEs: each is
 * a vulnerability of its own, as other scanners report it, with the advisory among its aliases.
 */
export function identitiesOf(id: string, related: readonly string[]): readonly Identity[] {
  if (related.length === 0) return [{ id, aliases: related }];
  if (isCve(id)) return [{ id, aliases: sorted(related.filter((other) => !isCve(other))) }];
  const cves = sorted(related.filter(isCve));
  const others = [id, ...related.filter((other) => !isCve(other))];
  if (cves.length === 0) return [{ id, aliases: sorted(others.filter((other) => other !== id)) }];
  return cves.map((cve) => ({ id: cve, aliases: sorted(others) }));
}

/** What makes a joined finding one: its vulnerability and its source package. */
export function keyOf(finding: { readonly id: string; readonly package: string }): string {
  return `${finding.id} ${finding.package}`;
}

/** Each text once, in code-unit order, which is the same on every machine. */
export function sorted(list: readonly string[]): readonly string[] {
  return list.length < 2 ? list : [...new Set(list)].sort(compare);
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The name of a package as every scanner writes it: group and artifact for Maven, the normalised name for PyPI
 * (where scanners differ, the package URL does not), else the scanner's own.
 */
export function packageName(name: string, purl: string | undefined): string {
  const match = purl === undefined ? null : /^pkg:(maven|pypi)\/([^@?#]+)/.exec(purl);
  const path = match?.[2];
  if (match === null || path === undefined) return name;
  return match[1] === 'maven' ? path.replace('/', ':') : path.toLowerCase().replace(/[-_.]+/g, '-');
}
