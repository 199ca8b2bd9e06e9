import { PatchwayError } from './problem.js';

let bundle: string | undefined;

/**
 * The agent as one JavaScript file, as it is mounted into pods. It ships with the package, and is read once.
 * @throws when the package was not built
 */
export function agentBundle(): string {
  // Right both from src/ and from lib/, where the build puts every entry side by side.
  const file = new URL('../lib/agent.mjs', import.meta.url);
  try {
    bundle ??= process.getBuiltinModule('node:fs').readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PatchwayError(`the agent's bundle is missing from the package: ${file.pathname} cannot be read. Run \`npm run build\`.`, {
      cause,
    });
  }
  return bundle;
}
