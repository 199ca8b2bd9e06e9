import { fileURLToPath } from 'node:url';
import { App, Chart } from 'cdk8s';
import { loadLock } from 'patchway';
import { PatchStage } from 'patchway/cdk8s';
import { policy } from './policy.js';
import { workloads } from './workloads.js';

const lock = loadLock(fileURLToPath(new URL('images.lock.yaml', import.meta.url)));
const app = new App();

for (const stage of policy.stages) {
  const patching = new PatchStage(new Chart(app, stage.name), 'patching', { policy, stage: stage.name, lock, workloads });

  const names = patching.workloads.map(({ name }) => name).join(', ');
  // The cdk8s command shows only what goes to standard error.
  console.error(`${app.outdir}/${stage.name}.k8s.yaml: ${patching.manifests.length} objects for ${stage.namespace}: ${names}`);
  for (const { path, message } of patching.warnings) console.warn(`warning: ${path}: ${message}`);
}

app.synth();
