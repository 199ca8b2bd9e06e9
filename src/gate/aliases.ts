import type { Finding } from './finding.js';
import { isCve, sorted } from './identity.js';

/**
 * Calls one vulnerability by one name, whatever each scanner calls it: a GHSA whose CVE another finding knows gets
 * the CVE; names without a CVE that are connected get the first of them. A name that stands for several CVEs is a
 * distribution's advisory and connects nothing.
 */
export function resolveAliases(findings: readonly Finding[]): readonly Finding[] {
  // Most reports name CVEs alone; then there is nothing to resolve.
  if (findings.every((finding) => isCve(finding.id))) return findings;
  const names = connectedNames(findings);
  return findings.map((finding) => {
    const known = isCve(finding.id) ? finding.id : names.get(finding.id);
    const id = known ?? finding.id;
    const aliases = sorted([finding.id, ...finding.aliases].filter((name) => name !== id));
    return { ...finding, id, aliases };
  });
}

/** For each name other than a CVE, the one to use instead: the only CVE it is connected with, or the first name. */
function connectedNames(findings: readonly Finding[]): ReadonlyMap<string, string> {
  const advisories = advisoriesOf(findings);
  const neighbours = new Map<string, Set<string>>();
  const connect = (a: string, b: string) => {
    neighbours.set(a, (neighbours.get(a) ?? new Set()).add(b));
  };
  for (const { id, aliases } of findings) {
    for (const alias of aliases) {
      if (isCve(alias) || advisories.has(alias) || advisories.has(id)) continue;
      connect(id, alias);
      connect(alias, id);
    }
  }
  const chosen = new Map<string, string>();
  for (const name of neighbours.keys()) {
    if (chosen.has(name)) continue;
    const component = reachable(name, neighbours);
    const cves = component.filter(isCve);
    const best = cves.length > 0 ? cves : sorted(component);
    for (const member of component) chosen.set(member, cves.length > 1 ? member : (best[0] ?? member));
  }
  return chosen;
}

function advisoriesOf(findings: readonly Finding[]): ReadonlySet<string> {
  const first = new Map<string, string>();
  const advisories = new Set<string>();
  for (const { id, aliases } of findings) {
    if (!isCve(id)) continue;
    for (const alias of aliases) {
      const known = first.get(alias);
      if (known === undefined) first.set(alias, id);
      else if (known !== id) advisories.add(alias);
    }
  }
  return advisories;
}

function reachable(start: string, neighbours: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const seen = new Set([start]);
  for (const name of seen) for (const next of neighbours.get(name) ?? []) seen.add(next);
  return [...seen];
}
