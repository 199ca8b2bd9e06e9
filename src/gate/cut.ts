import type { DigestEvidence, EvidenceFinding } from './evidence.js';
import { earliest } from './instant.js';

/**
 * What a repository's evidence may take as JSON, in bytes. A ConfigMap holds 1 MiB, and the dates of first detection,
 * which are never cut, live beside it.
 */
export const EVIDENCE_BYTES = 700_000;

/** What the members around the digests take at most: version, policy hash and a repository's name. */
const ENVELOPE = 2_000;

/**
 * Cuts findings until all digests together fit. Each digest may take an equal share, and what a small one leaves
 * goes to the larger ones; within a digest the least urgent findings go first, and one always stays.
 */
export function fitted(digests: readonly (readonly [string, DigestEvidence])[], bytes: number): Readonly<Record<string, DigestEvidence>> {
  const shares = sharesOf(
    digests.map(([digest, scan]) => sizeOf(digest) + sizeOf(scan) + 2),
    bytes - ENVELOPE,
  );
  return Object.fromEntries(digests.map(([digest, scan], index) => [digest, cutTo(scan, (shares[index] ?? 0) - sizeOf(digest) - 2)]));
}

/** How much each may take of a total: all that it needs where that is no more than an equal part of what is left. */
function sharesOf(needs: readonly number[], total: number): readonly number[] {
  const shares = needs.map(() => 0);
  let left = total;
  const ascending = needs.map((need, index) => ({ need, index })).sort((a, b) => a.need - b.need);
  ascending.forEach(({ need, index }, position) => {
    const share = Math.min(need, Math.floor(left / (ascending.length - position)));
    shares[index] = share;
    left -= share;
  });
  return shares;
}

/** The scan with as many of its most urgent findings as fit, cut from what may have been cut before. */
function cutTo(scan: DigestEvidence, bytes: number): DigestEvidence {
  if (sizeOf(scan) <= bytes) return scan;
  const room = bytes - sizeOf({ ...scan, findings: [], cut: { count: Number.MAX_SAFE_INTEGER, firstFailsAt: LONGEST } });
  const count = Math.max(1, fitting(scan.findings, room));
  const rest = scan.findings.slice(count);
  if (rest.length === 0) return scan;
  const firstFailsAt = earliest(rest[0]?.failsAt, scan.cut?.firstFailsAt);
  const cut = { count: rest.length + (scan.cut?.count ?? 0), ...(firstFailsAt === undefined ? {} : { firstFailsAt }) };
  return { ...scan, findings: scan.findings.slice(0, count), cut };
}

const LONGEST = '9999-12-31T23:59:59.999Z';

function fitting(findings: readonly EvidenceFinding[], room: number): number {
  let used = 0;
  for (const [index, finding] of findings.entries()) {
    used += sizeOf(finding) + 1;
    if (used > room) return index;
  }
  return findings.length;
}

/** Bytes of its JSON in UTF-8. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
