import { toInstant } from '../gate/instant.js';
import { stateAt } from '../gate/verdict.js';
import { exceptionsJson } from './gate-exceptions.js';
import { actionFor, askedOf, countStates, type GatedImage, type GateResult, overallVerdict } from './gate-result.js';

/** The verdict as JSON, schema version 1: docs/verdict.md describes it. Members are only added within a version. */
export function gateJson({ policy, asOf, images, exceptions = [], warnings }: GateResult): string {
  const document = {
    schemaVersion: 1,
    policy: { name: policy.name, hash: policy.hash },
    asOf: toInstant(asOf),
    verdict: overallVerdict(images),
    allowed: images.every(({ verdict }) => verdict.allowed),
    images: images.map((image) => imageJson(image, asOf)),
    exceptions: exceptionsJson(exceptions),
    warnings,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function imageJson(gated: GatedImage, asOf: number) {
  const { image, digests, reports, verdict, remedy } = gated;
  return {
    image: image ?? null,
    digests,
    verdict: verdict.verdict,
    allowed: verdict.allowed,
    reason: verdict.reason,
    gateClosesAt: verdict.gateClosesAt ?? null,
    endOfLife: verdict.endOfLife ?? null,
    remedy: remedy?.remedy ?? null,
    action: askedOf(gated) ?? null,
    counts: countStates(verdict.findings, asOf),
    scanners: reports.map((report) => ({
      kind: report.scanner,
      version: report.scannerVersion ?? null,
      scannedAt: report.createdAt ?? null,
      databaseBuiltAt: report.databaseBuiltAt ?? null,
    })),
    findings: verdict.findings.map((finding) => ({
      id: finding.id,
      aliases: finding.aliases,
      package: finding.package,
      packages: finding.packages,
      version: finding.version,
      severity: finding.severity,
      fixedIn: finding.fixedIn,
      exploited: finding.exploited,
      epss: finding.epss ?? null,
      cvss: finding.cvss ?? [],
      state: stateAt(finding, asOf),
      deadline: finding.deadline ?? null,
      failsAt: finding.failsAt ?? null,
      excepted: finding.excepted ?? null,
      ignored: finding.ignored ?? null,
      anchor: finding.anchor ?? null,
      anchorAt: finding.anchorAt ?? null,
      anchorAssumed: finding.anchorAssumed ?? false,
      fixReleasedAt: finding.fixReleasedAt ?? null,
      publishedAt: finding.publishedAt ?? null,
      kevAddedAt: finding.kevAddedAt ?? null,
      reason: finding.reason,
      action: actionFor(finding, gated),
      scanners: finding.scanners,
    })),
  };
}
