import type { PresetName } from './policy.js';
import { bod2604 } from './presets/bod26-04.js';
import { cyberEssentials } from './presets/cyber-essentials.js';
import { fedrampRev5 } from './presets/fedramp-rev5.js';
import { fedrampVdr } from './presets/fedramp-vdr.js';
import { pci401 } from './presets/pci-4.0.1.js';
import type { Preset } from './presets/preset.js';

/** Every preset that `gate.preset` may name. */
export const PRESETS: readonly Preset[] = [bod2604, ...fedrampVdr, fedrampRev5, pci401, cyberEssentials];

export function presetOf(name: PresetName): Preset {
  const found = PRESETS.find((preset) => preset.name === name);
  if (found === undefined) throw new RangeError(`there is no preset ${name}`);
  return found;
}
