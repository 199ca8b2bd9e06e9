import type { DashboardFile } from './dashboards/manifests.js';
import { PatchwayError } from './problem.js';

/**
 * The dashboards, which the build has written: they are the same for every policy, so that nobody's synthesis pays for
 * Grafana's builder library.
 * @throws when the package was not built
 */
export function dashboardFiles(): readonly DashboardFile[] {
  // Right both from src/ and from lib/, where the build puts every entry side by side.
  const directory = new URL('../lib/dashboards/', import.meta.url);
  const { readdirSync, readFileSync } = process.getBuiltinModule('node:fs');
  try {
    return readdirSync(directory)
      .sort()
      .map((name) => ({ name, text: readFileSync(new URL(name, directory), 'utf8') }));
  } catch (cause) {
    throw new PatchwayError(`the dashboards are missing from the package: ${directory.pathname} cannot be read. Run \`npm run build\`.`, {
      cause,
    });
  }
}
