import { excepted, type ImageScope } from './exceptions.js';
import type { JudgedFinding } from './finding.js';
import { compare } from './identity.js';
import { toMs } from './instant.js';
import type { VexStatement } from './vex.js';
import { covers, type FindingPart, isAbout, partsOf } from './vex-match.js';

/**
 * Findings with what VEX documents state about them at an instant (epoch milliseconds). One that they call not affected
 * or fixed, in every package that carries it, is ignored: it is listed and never fails. Of statements about one package
 * the latest counts; of several made at once the strictest, so that the order of documents never matters.
 */
export function withVex(
  findings: readonly JudgedFinding[],
  statements: readonly VexStatement[],
  image: ImageScope,
  at: number,
): readonly JudgedFinding[] {
  if (statements.length === 0) return findings;
  const byName = new Map<string, readonly VexStatement[]>();
  for (const statement of statements) {
    for (const name of new Set(statement.vulnerability)) byName.set(name, [...(byName.get(name) ?? []), statement]);
  }
  return findings.map((finding) => {
    const named = [finding.id, ...finding.aliases].flatMap((name) => byName.get(name) ?? []);
    if (named.length === 0) return finding;
    const about = [...new Set(named)].filter((statement) => isAbout(statement, finding));
    return excused(finding, about, image, at);
  });
}

function excused(finding: JudgedFinding, about: readonly VexStatement[], image: ImageScope, at: number): JudgedFinding {
  const parts = partsOf(finding);
  const excuses = parts
    .map((part) => decisive(about, image, finding, part))
    .filter((statement) => statement !== undefined)
    .filter((statement) => holds(statement, at));
  const [first] = excuses.sort(soonestToEnd);
  if (first === undefined || excuses.length < parts.length) return finding;
  const { reason, source, status, accepted } = first;
  if (accepted !== undefined) return excepted(finding, { reason, approvedBy: accepted.by, expires: accepted.expires, source });
  const { failsAt: _, ...rest } = finding;
  return { ...rest, ignored: { status: status === 'fixed' ? 'fixed' : 'not_affected', reason, source } };
}

/** The statement that counts for one package. */
function decisive(about: readonly VexStatement[], image: ImageScope, finding: JudgedFinding, part: FindingPart): VexStatement | undefined {
  return about.filter(({ products }) => products.some((product) => covers(product, image, finding, part))).sort(latestFirst)[0];
}

function holds({ status, accepted }: VexStatement, at: number): boolean {
  return (status === 'not_affected' || status === 'fixed') && (accepted === undefined || at < toMs(accepted.expires));
}

const STRICTEST: Readonly<Record<VexStatement['status'], number>> = { affected: 0, under_investigation: 1, not_affected: 2, fixed: 3 };

function latestFirst(a: VexStatement, b: VexStatement): number {
  return toMs(b.at) - toMs(a.at) || STRICTEST[a.status] - STRICTEST[b.status] || soonestToEnd(a, b);
}

/** The one that excuses for the shortest time; of two that do so for ever, the same one whatever their order. */
function soonestToEnd(a: VexStatement, b: VexStatement): number {
  return endOf(a) - endOf(b) || compare(a.source, b.source) || compare(a.status, b.status) || compare(a.reason, b.reason);
}

function endOf({ accepted }: VexStatement): number {
  return accepted === undefined ? Number.MAX_SAFE_INTEGER : toMs(accepted.expires);
}
