import type { UpdaterJob } from './renovate.js';
import { yamlText } from './shell.js';

const DAY = 86_400_000;

/** Configuration for Dependabot: the Dockerfile in the root, which `ci github` and `ci gitlab` build. It has no way to change the lock. */
export function dependabotConfig({ policy, minimumAge = 0 }: UpdaterJob): string {
  const cooldown = minimumAge === 0 ? '' : `    cooldown:\n      default-days: ${Math.ceil(minimumAge / DAY)}\n`;
  return `# Written by \`patchway ci dependabot\`: write it again after the policy has changed.
version: 2
updates:
  - package-ecosystem: docker
    directory: /
    schedule:
      interval: daily
      time: "05:00"
      timezone: ${yamlText(policy.timeZone)}
${cooldown}`;
}
