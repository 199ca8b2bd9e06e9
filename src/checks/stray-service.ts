import { dig, isObject } from '../manifest/dig.js';
import { titleOf } from '../manifest/manifest.js';
import type { Check } from './check.js';

/** A Service that selects no pods answers nobody. */
export const strayService: Check = ({ services, pods }) =>
  services.flatMap((service) => {
    const selector = dig(service, 'spec', 'selector');
    const isNamed = isObject(selector) && Object.keys(selector).length > 0 && dig(service, 'spec', 'type') !== 'ExternalName';
    if (!isNamed) return [];
    for (const _bearer of pods.selectedBy(service)) return [];
    const labels = Object.entries(selector).map(([key, value]) => `${key}: ${String(value)}`);
    return [
      {
        path: `${titleOf(service)} spec.selector`,
        message: `No workload among these has pods with ${labels.join(', ')}: requests to the Service would reach nobody.`,
        hint: 'Use the labels of the pods. Where something else makes them, switch the check off.',
      },
    ];
  });
