import { runIn, sandbox } from './fake-io.js';

export const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
export const NGINX = `docker.io/library/nginx:1.27.3@${digest('a')}`;
export const BUSYBOX = `docker.io/library/busybox:1.36@${digest('b')}`;

export const POLICY = `name: shop
scan: {schedule: "17 3 * * *", scanners: [{kind: trivy}]}
gate: {deadlines: {critical: 3d, high: 7d, medium: 30d, low: 90d}}
rollout: {maxUnavailable: 0, maxSurge: 25%, minReady: 10s, progressDeadline: 10m}
stages:
  - {name: staging, namespace: shop-staging}
  - {name: production, namespace: shop}
`;

export const LOCK = `schemaVersion: 1
images:
  nginx:1.27: {production: {tag: 1.27.3, digest: "${digest('a')}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: label}}
  busybox: {production: {tag: "1.36", digest: "${digest('b')}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: label}}
`;

/** The filter with a policy and a lock beside it. */
export function filter(files: Readonly<Record<string, string>> = {}) {
  const { cwd } = sandbox({ 'p.yaml': POLICY, 'images.lock.yaml': LOCK, ...files });
  return (stdin: string, args: readonly string[] = ['p.yaml', '--stage', 'production']) => runIn(cwd, ['apply-policy', ...args], {}, stdin);
}
