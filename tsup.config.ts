import { defineConfig, type Options } from 'tsup';
import { notices } from './scripts/notices.js';
import { packAgent } from './scripts/pack-agent.js';

const library: Options = {
  outDir: 'lib',
  format: ['esm', 'cjs'],
  target: 'node20',
  removeNodeProtocol: false,
  dts: true,
  shims: true,
  esbuildPlugins: [notices],
  external: ['constructs', 'cdk8s', 'cdk8s-plus-28', 'vitest'],
  // Less to read at each start; names stay, for stack traces.
  esbuildOptions: (options) => {
    options.minifyWhitespace = true;
    options.minifySyntax = true;
  },
};

export default defineConfig([
  { ...library, entry: ['src/index.ts', 'src/cdk8s.ts'] },
  { ...library, entry: ['src/testing.ts'] },
  { ...library, entry: ['src/main.ts'], format: ['esm'], dts: false, shims: false },
  {
    // Loaded when YAML is first read: one file takes a third of the time that the package's seventy do.
    entry: { yaml: 'node_modules/yaml/browser/dist/index.js' },
    outDir: 'lib',
    format: ['cjs'],
    esbuildPlugins: [notices],
    outExtension: () => ({ js: '.cjs' }),
    target: 'node20',
    minify: true,
    platform: 'node',
  },
  {
    // The agent: one file with nothing to install, mounted from a ConfigMap onto a stock Node image.
    entry: { agent: 'src/agent/main.ts' },
    outDir: 'lib',
    format: ['cjs'],
    outExtension: () => ({ js: '.cjs' }),
    onSuccess: packAgent,
    target: 'node20',
    splitting: false,
    esbuildPlugins: [notices],
    minify: true,
    noExternal: [/.*/],
    platform: 'node',
  },
]);
