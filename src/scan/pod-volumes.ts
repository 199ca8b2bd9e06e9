import type { ScanTarget } from '../manifest/stage-config.js';
import type { ScanPolicy } from '../policy/policy.js';
import { podScanners } from './engines.js';
import { credentialsIn, FILES } from './files.js';

/** The Secrets that some image is pulled with: those of the workloads, and the policy's. */
export function secretsOf({ registrySecret }: ScanPolicy, targets: readonly ScanTarget[]): readonly string[] {
  const own = targets.flatMap(({ pullSecrets = [] }) => pullSecrets);
  return [...new Set([...own, ...(registrySecret === undefined ? [] : [registrySecret])])].sort();
}

/** Each in a directory of its own. Optional, as a pod that waits for a missing Secret says nothing; `fetch` says that it is missing. */
export function secretsVolume(secrets: readonly string[]): readonly unknown[] {
  if (secrets.length === 0) return [];
  const sources = secrets.map((name) => ({
    secret: { name, optional: true, items: [{ key: '.dockerconfigjson', path: credentialsIn(name) }] },
  }));
  return [{ name: 'registry', projected: { defaultMode: 0o440, sources } }];
}

/** Like `secretsVolume`: the agent says what is missing, and no scan waits for it. */
export function webhooksVolume(secrets: readonly string[]): readonly unknown[] {
  if (secrets.length === 0) return [];
  const sources = secrets.map((name) => ({
    secret: { name, optional: true, items: ['url', 'authorization'].map((key) => ({ key, path: `${name}/${key}` })) },
  }));
  return [{ name: 'webhooks', projected: { defaultMode: 0o440, sources } }];
}

export function caVolume({ registryCa: name }: ScanPolicy): readonly unknown[] {
  if (name === undefined) return [];
  return [{ name: 'ca', configMap: { name, optional: true, items: [{ key: 'ca.crt', path: fileOf(FILES.ca) }] } }];
}

/** The volume that keeps databases, where some scanner has one in its pod. */
export function databasesVolume(scan: ScanPolicy): readonly unknown[] {
  const { cache: claimName } = scan;
  return claimName === undefined || podScanners(scan).length === 0 ? [] : [{ name: 'databases', persistentVolumeClaim: { claimName } }];
}

export function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}

function fileOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
