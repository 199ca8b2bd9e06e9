import { defineConfig } from 'tsup';

const external = ['constructs', 'cdk8s', 'cdk8s-plus-28', 'vitest'];

export default defineConfig([
  {
    entry: ['src/index.ts', 'src/cdk8s.ts', 'src/testing.ts'],
    outDir: 'lib',
    format: ['esm', 'cjs'],
    target: 'node20',
    dts: true,
    shims: true,
    external,
  },
  {
    entry: ['src/main.ts'],
    outDir: 'lib',
    format: ['esm'],
    target: 'node20',
    external,
  },
  {
    // The agent: one file with nothing to install, mounted from a ConfigMap onto a stock Node image.
    entry: { agent: 'src/agent/main.ts' },
    outDir: 'lib',
    format: ['esm'],
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    splitting: false,
    minify: true,
    noExternal: [/.*/],
    platform: 'node',
  },
]);
