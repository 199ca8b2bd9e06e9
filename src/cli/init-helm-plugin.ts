import { resolve } from 'node:path';
import { toYaml } from '../manifest/yaml.js';
import type { Io } from './io.js';
import { writeFiles } from './write-files.js';

/**
 * `patchway init --helm-plugin`: writes a plugin for Helm 4, whose post-renderers are plugins. It runs the `patchway` of the path.
 * @throws when the directory cannot be written to
 */
export async function initHelmPlugin(directory: string, version: string, io: Io): Promise<0> {
  const text = toYaml([pluginOf(version)]);
  writeFiles(resolve(io.cwd, directory), directory, [{ name: 'plugin.yaml', text, about: 'a post-renderer for Helm 4' }], io);
  io.out(`
Next:
  helm plugin install ${directory}
  helm install … --post-renderer patchway --post-renderer-args patch-policy.yaml --post-renderer-args --stage=production
`);
  return 0;
}

/** @see https://helm.sh/docs/plugins/developer/tutorial-postrenderer-plugin */
function pluginOf(version: string): object {
  return {
    apiVersion: 'v1',
    type: 'postrenderer/v1',
    name: 'patchway',
    version,
    runtime: 'subprocess',
    runtimeConfig: { platformCommand: [{ command: 'patchway', args: ['apply-policy'] }] },
  };
}
