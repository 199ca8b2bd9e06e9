import { fileURLToPath } from 'node:url';
import { App } from 'cdk8s';
import { loadLock } from 'patchway';
import { Patching } from 'patchway/cdk8s';
import { Bookshop } from './bookshop.js';
import { policy } from './policy.js';

const lock = loadLock(fileURLToPath(new URL('images.lock.yaml', import.meta.url)));
const app = new App();

for (const stage of policy.stages) {
  const bookshop = new Bookshop(app, stage.name, { namespace: stage.namespace });
  // The only line that the app did not have before.
  Patching.apply(bookshop, policy, { stage: stage.name, lock });
}

const patching = Patching.of(app);
for (const covered of patching.coverage()) {
  const why = covered.state === 'covered' ? '' : `: ${covered.reason}`;
  // The cdk8s command shows only what goes to standard error.
  console.error(`${covered.stage} ${covered.object} ${covered.state}${why}`);
}
for (const { path, message } of patching.warnings) console.warn(`warning: ${path}: ${message}`);

app.synth();
