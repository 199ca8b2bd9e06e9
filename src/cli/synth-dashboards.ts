import { dashboardFiles } from '../dashboard-files.js';
import { dashboardDelivery, dashboardManifests } from '../dashboards/manifests.js';
import type { Manifest } from '../manifest/manifest.js';
import { toYaml } from '../manifest/yaml.js';
import type { Policy } from '../policy/policy.js';
import type { OutputFile } from './write-files.js';

/** What Grafana's sidecar or operator finds in the namespace of the policy's last stage. */
export function dashboardObjects(policy: Policy): readonly Manifest[] {
  return dashboardManifests(dashboardDelivery(policy), policy.stages.at(-1)?.namespace ?? '', dashboardFiles);
}

/** The dashboards apart from every stage: there is one set of them. */
export function dashboardOutput(policy: Policy): readonly OutputFile[] {
  if (dashboardDelivery(policy) === 'files') {
    return dashboardFiles().map(({ name, text }) => ({ name: `dashboards/${name}`, text, about: 'a dashboard for Grafana' }));
  }
  const manifests = dashboardObjects(policy);
  const [first] = manifests;
  if (first === undefined) return [];
  const about = `${manifests.length} dashboards for Grafana, as objects for namespace ${first.metadata.namespace}`;
  return [{ name: 'dashboards.k8s.yaml', text: toYaml(manifests), about }];
}
