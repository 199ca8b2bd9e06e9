/** What `patchway init` writes as `patch-policy.yaml`. */
export const STARTING_POLICY = `# A patch policy: how often images are scanned, how fast findings must be fixed, when changes roll out, and through which stages.
# Check it with \`patchway validate patch-policy.yaml\`.
name: storefront
timeZone: UTC # for every schedule below

scan:
  schedule: "H 3 * * *" # five-field cron; H spreads by the policy's name
  scanners: # their findings are joined
    - kind: grype
    - kind: trivy

gate:
  # How long a finding may stay once its fix is released. What is overdue closes the gate.
  deadlines:
    critical: 7d
    high: 14d
    medium: 30d
    low: 90d
  # What is known to be exploited is urgent: it neither soaks nor waits for a window.
  exploited:
    deadline: 3d
    skipSoak: true
    bypassWindows: true

rollout:
  maxUnavailable: 0 # no pod goes before its successor is ready
  maxSurge: 25%
  minReady: 10s # for how long a new pod must have been ready
  progressDeadline: 10m # after this a rollout has failed, and is rolled back

# When rollouts may start. Without windows: always. A deny window wins.
windows:
  - kind: allow
    schedule: "0 9 * * 1-5"
    duration: 8h

stages:
  - name: staging
    namespace: storefront-staging
  - name: production
    namespace: storefront
    after: [staging] # takes over what ran well there
    soak: 24h # for this long

monitoring:
  prometheus: operator # PrometheusRule objects; or rules-file
`;

/** What `patchway init` writes as `images.lock.yaml`. */
export const STARTING_LOCK = `# What each image reference means in each stage, as a package lock does for version ranges.
# \`patchway lock update\` fills in and moves digests; comments stay.
schemaVersion: 1
images: {}
tools: # the programs that Patchway runs in the cluster
  agent: {image: docker.io/library/node, tag: 22-slim}
  grype: {image: docker.io/anchore/grype, tag: v0.110.0}
  trivy: {image: docker.io/aquasec/trivy, tag: 0.74.0}
`;

/** What \`patchway init\` writes as `main.ts`. */
export const EXAMPLE_APP = `import { App, Chart } from 'cdk8s';
import { loadLock, loadPolicy } from 'patchway';
import { PatchStage } from 'patchway/cdk8s';

const policy = loadPolicy('patch-policy.yaml');
const lock = loadLock('images.lock.yaml');
const app = new App();

for (const stage of policy.stages) {
  new PatchStage(new Chart(app, stage.name), 'patching', {
    policy,
    stage: stage.name,
    lock,
    workloads: [
      {
        name: 'web',
        image: 'ghcr.io/acme/web:1.4', // your image; \`patchway lock update --image\` locks it
        ports: [{ name: 'http', port: 8080 }],
        readiness: { http: '/healthz' },
      },
    ],
  });
}

app.synth();
`;
