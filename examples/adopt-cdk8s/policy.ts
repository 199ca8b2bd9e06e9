import { definePolicy } from 'patchway';

export const policy = definePolicy({
  name: 'bookshop',
  timeZone: 'Europe/Berlin',
  scan: { schedule: '41 2 * * *', scanners: [{ kind: 'grype', database: 'https://mirror.acme.example/grype/latest.json' }] },
  gate: {
    deadlines: { critical: '7d', high: '14d', medium: '30d', low: '90d' },
    exploited: { deadline: '3d', skipSoak: true, bypassWindows: true },
  },
  rollout: { maxUnavailable: 0, maxSurge: '25%', minReady: '10s', progressDeadline: '10m' },
  windows: [{ kind: 'allow', schedule: '0 20 * * 1-4', duration: '6h' }],
  stages: [
    { name: 'staging', namespace: 'bookshop-staging', replicas: 1, windows: [] },
    { name: 'production', namespace: 'bookshop', after: ['staging'], soak: '48h' },
  ],
});
