/** The first `length` hex digits of a SHA-256. */
export function shortHash(text: string, length = 8): string {
  // Loaded when it is needed, as the import of the library is to be quick.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** JSON with sorted keys, so that equal values hash alike. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : v,
  );
}

/** Text as a part of a DNS label: lower case, digits and single dashes, at most `max` characters. */
export function slug(text: string, max = 40): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, max)
    .replace(/^-+|-+$/g, '');
}

/** Names of the objects that synthesis creates and the agent finds again. */
export const names = {
  evidence: (repository: string) => `patchway-evidence-${slug(repository)}-${shortHash(repository)}`,
  sbom: (repository: string) => `patchway-sbom-${slug(repository)}-${shortHash(repository)}`,
  config: (stage: string, hash: string) => `patchway-config-${stage}-${hash}`,
  agent: (hash: string) => `patchway-agent-${hash}`,
  scan: (stage: string) => `patchway-scan-${stage}`,
  databases: (stage: string) => `patchway-databases-${stage}`,
  verification: (stage: string) => `patchway-verify-${stage}`,
  promotion: (stage: string) => `patchway-promotion-${stage}`,
  /** What people decide about a stage's promotion. */
  approvals: (stage: string) => `patchway-approvals-${stage}`,
  /** The Role that lets them. */
  approvers: (stage: string) => `patchway-approvers-${stage}`,
  /** What a forge's workflows read a stage as. */
  forge: (stage: string) => `patchway-forge-${stage}`,
  guard: (stage: string) => `patchway-guard-${stage}`,
  /** Of an object without a namespace: parts are DNS labels, so that no two stages of a cluster share one. */
  admission: (topic: string, policy: string, { name, namespace }: { readonly name: string; readonly namespace: string }) =>
    `patchway-${topic}.${policy}.${name}.${namespace}`,
  exporter: (stage: string) => `patchway-exporter-${stage}`,
  /** Of a CronJob: what it starts has a suffix of 11 characters, so that it may have 52. */
  copa: (workload: string) => `patchway-copa-${workload.length <= 38 ? workload : `${slug(workload, 29)}-${shortHash(workload)}`}`,
  rules: (policy: string, stage: string) => `patchway-rules-${policy}-${stage}`,
} as const;
