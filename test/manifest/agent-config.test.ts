import { describe, expect, it } from 'vitest';
import { stageConfigMap } from '../../src/manifest/agent-config.js';
import { config, image, workload } from '../scan/fixture.js';

const fleet = (count: number) =>
  config(
    Array.from({ length: count }, (_, index) => {
      const name = `storefront-service-${String(index).padStart(4, '0')}`;
      return workload(name, image('main', `registry.example.com/payments/${name}:1.4`));
    }),
  );

describe('the configuration of a fleet', () => {
  it('fits a ConfigMap with a thousand workloads, and is small enough for every way of applying it with five hundred', () => {
    expect(JSON.stringify(stageConfigMap(fleet(1000), 'shop')).length).toBeLessThan(2 ** 19);
    // What kubectl repeats in an annotation may take 256 KiB.
    expect(JSON.stringify(stageConfigMap(fleet(500), 'shop')).length).toBeLessThan(2 ** 18);
  });

  it('is refused where it does not fit, with what to do', () => {
    expect(() => stageConfigMap(fleet(4000), 'shop')).toThrow(
      /stage staging: What the agent is told of 4000 workloads takes \d+ bytes, and a ConfigMap holds 1048576\. Split them/,
    );
  });
});
