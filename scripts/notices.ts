import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

const packages = new Set<string>();

/** Writes the licences of all packages that the build put into `lib/`, as they ask for, to `lib/NOTICES.txt`. */
export const notices: Plugin = {
  name: 'notices',
  setup(build) {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile }) => {
      const used = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) => Object.keys(inputs));
      for (const input of used) {
        const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
        if (found !== undefined) packages.add(found);
      }
      mkdirSync('lib', { recursive: true });
      writeFileSync('lib/NOTICES.txt', [...packages].sort().map(notice).join('\n'));
    });
  },
};

function notice(name: string): string {
  const directory = `node_modules/${name}`;
  const { version }: { version: string } = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'));
  const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  return `${name} ${version}\n\n${readFileSync(`${directory}/${file}`, 'utf8').trim()}\n`;
}
