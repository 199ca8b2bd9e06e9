import type { Problem } from '../../problem.js';
import type { Scanner } from '../policy.js';
import { type Check, error } from './check.js';

/** Clair is a server that is asked over the network; the others are programs that run in the scan's pod. */
export const scannersAreReached: Check = ({ document: { scan }, intact }) =>
  intact('scan.scanners')
    ? scan.scanners.flatMap((scanner, i) => (scanner.kind === 'clair' ? serverProblems : programProblems)(scanner, `scan.scanners[${i}]`))
    : [];

function serverProblems(scanner: Scanner, path: string): readonly Problem[] {
  const { server } = scanner;
  const unused = (['database', 'args', 'resources'] as const).filter((field) =>
    field === 'args' ? scanner.args.length > 0 : scanner[field] !== undefined,
  );
  return [
    ...(server === undefined ? [error(`${path}.server`, 'Clair is a server of its own, and nothing says where.', SERVER)] : []),
    ...(server === undefined ? [] : addressProblems(server, `${path}.server`)),
    ...unused.map((field) =>
      error(
        `${path}.${field}`,
        'Clair is asked over the network: no container of it is started.',
        `Remove ${field}; Clair's own configuration has it.`,
      ),
    ),
  ];
}

function addressProblems(server: string, path: string): readonly Problem[] {
  if (!URL.canParse(server)) return [error(path, 'This is not an address.', SERVER)];
  const { username, search, hash } = new URL(server);
  if (username !== '') {
    return [error(path, 'The address holds credentials, which everybody who can read the policy would see.', 'Remove them.')];
  }
  return search + hash === '' ? [] : [error(path, "Clair's paths are appended to this address.", 'Remove what follows the ? or #.')];
}

function programProblems({ kind, server }: Scanner, path: string): readonly Problem[] {
  if (server === undefined) return [];
  return [error(`${path}.server`, `${kind} runs in the scan's pod and asks no server.`, 'Remove server; database names a mirror.')];
}

const SERVER = "Write server: 'http://clair.clair.svc:6060'.";
