import { dig } from './dig.js';
import { templatePathOf } from './kinds.js';
import type { Manifest } from './manifest.js';

/** The Secrets that an object's pods are pulled with, as its manifest names them. A service account's are added by the cluster. */
export function pullSecretsOf(manifest: Manifest): readonly string[] {
  const secrets = dig(manifest, ...(templatePathOf(manifest) ?? []), 'spec', 'imagePullSecrets');
  const named = (Array.isArray(secrets) ? secrets : []).map((secret: unknown) => dig(secret, 'name'));
  return [...new Set(named.filter((name): name is string => typeof name === 'string' && name !== ''))].sort();
}
