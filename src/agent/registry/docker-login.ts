import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PatchwayError } from '../../problem.js';
import { type Credential, type Credentials, credentialOf, matchingKey, readDockerConfig, recordOf } from './credentials.js';

/**
 * The credentials that `docker login` left for this user: in `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`,
 * or with the helper that is named there.
 * @throws when the file is not JSON or a helper fails
 */
export function dockerCredentials(env: NodeJS.ProcessEnv): Credentials {
  const file = join(env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), '.docker'), 'config.json');
  let loaded: ReturnType<typeof load> | undefined;
  return async (reference) => {
    loaded ??= load(file);
    const { auths, credHelpers, credsStore } = await loaded;
    const server = reference.registry === 'docker.io' ? 'https://index.docker.io/v1/' : reference.registry;
    const helped = matchingKey(Object.keys(credHelpers), reference);
    const helper = helped === undefined ? credsStore : credHelpers[helped];
    const stored = typeof helper === 'string' && helper !== '' ? await askHelper(helper, server, env) : undefined;
    const key = matchingKey(Object.keys(auths), reference);
    return stored ?? (key === undefined ? undefined : credentialOf(recordOf(auths[key])));
  };
}

async function load(file: string) {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '{}';
    throw new PatchwayError(`${file} cannot be read: ${error.message}`, { cause: error });
  });
  return readDockerConfig(text, file);
}

/** Docker's protocol of credential helpers: the server on standard input, JSON on standard output. */
async function askHelper(helper: string, server: string, env: NodeJS.ProcessEnv): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, output } = await new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.stdin.on('error', () => {});
    child.once('error', () =>
      reject(new PatchwayError(`${program} could not be started: Docker's configuration names it. Put it on the PATH.`)),
    );
    child.once('close', (status) => resolve({ code: status, output }));
    child.stdin.end(server);
  });
  if (/credentials not found/i.test(output)) return undefined;
  if (code !== 0) throw new PatchwayError(`${program} has no credentials for ${server}: exit ${code}. Run \`docker login\` again.`);
  const { Username: username, Secret: secret } = parsed(output, program);
  if (typeof username !== 'string' || typeof secret !== 'string') return undefined;
  return username === '<token>' ? { identityToken: secret } : { username, password: secret };
}

function parsed(output: string, program: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(output));
  } catch {
    throw new PatchwayError(`${program} answered something that is not JSON.`);
  }
}
