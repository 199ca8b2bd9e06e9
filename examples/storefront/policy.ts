import { definePolicy } from 'patchway';

export const policy = definePolicy({
  name: 'storefront',
  timeZone: 'Europe/Berlin',
  scan: {
    schedule: '17 3 * * *',
    scanners: [
      { kind: 'grype', database: 'https://mirror.acme.example/grype/latest.json' },
      { kind: 'trivy', database: 'registry.acme.example/mirror/trivy-db:2' },
    ],
    registrySecret: 'registry',
  },
  gate: {
    deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' },
    exploited: { deadline: '3d', skipSoak: true, bypassWindows: true },
  },
  rollout: { maxUnavailable: 0, maxSurge: '25%', minReady: '10s', progressDeadline: '10m' },
  // Rollouts start in the evening from Monday to Thursday, when somebody is there the morning after.
  windows: [{ kind: 'allow', schedule: '0 20 * * 1-4', duration: '6h' }],
  stages: [
    { name: 'staging', namespace: 'storefront-staging', replicas: 1, windows: [] },
    { name: 'production', namespace: 'storefront', after: ['staging'], soak: '48h' },
  ],
  monitoring: { labels: { team: 'storefront' } },
});
