import { defineConfig } from 'vitest/config';
import { alias } from './vitest.config.js';

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Each file has namespaces of its own, and mostly waits.
    maxWorkers: 3,
    sequence: { concurrent: false },
  },
});
