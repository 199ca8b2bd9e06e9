import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

/**
 * Writes `lib/agent.mjs`, which unpacks and runs the agent: a third of its size in every stage's manifests, and far from
 * the 256 KiB beyond which `kubectl apply` refuses an object. `lib/agent.cjs` is the same program as plain text.
 */
export async function packAgent(): Promise<void> {
  const packed = brotliCompressSync(readFileSync('lib/agent.cjs')).toString('base64');
  writeFileSync('lib/agent.mjs', unpacking(packed));
}

function unpacking(packed: string): string {
  return `// The agent of Patchway, packed: lib/agent.cjs in the npm package is its plain text.
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { brotliDecompressSync } from 'node:zlib';
const packed = '${packed}';
const program = brotliDecompressSync(Buffer.from(packed, 'base64')).toString();
compileFunction(program, ['require', 'module', 'exports'], { filename: 'agent.cjs' })(createRequire(import.meta.url), { exports: {} }, {});
`;
}
