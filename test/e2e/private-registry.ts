import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRYPE_DB, REGISTRY } from './cluster.js';

/** A registry as companies have it: HTTPS under a private authority, with a password. */
export interface PrivateRegistry {
  /** `host:port`, as pods reach it. */
  readonly host: string;
  /** The authority in PEM. */
  readonly ca: string;
  readonly password: string;
  /** Docker's `config.json` for it. */
  dockerConfig(password: string): string;
  /** Paths that were asked for with the right password. */
  readonly signedIn: ReadonlySet<string>;
  close(): void;
}

/**
 * Puts HTTPS and a password in front of the test registry. Vulnerability databases are behind the same certificate but
 * without a password: `/v2/trivy-db/…`, and `/grype-db/…` from the mirror.
 */
export async function privateRegistry(password = 'correct horse'): Promise<PrivateRegistry> {
  const address = REGISTRY.split(':', 1)[0] ?? '';
  const { key, certificate } = selfSigned(address);
  const signedIn = new Set<string>();
  const server = createServer({ key, cert: certificate }, (asked, answer) => {
    const path = asked.url ?? '/';
    const isPublic = path.startsWith('/v2/trivy-db/') || path.startsWith('/grype-db/');
    if (asked.headers.authorization === basic(password)) signedIn.add(path);
    else if (!isPublic && path !== '/v2/') {
      answer.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end();
      return;
    }
    const upstream = path.startsWith('/grype-db/')
      ? new URL(path.slice('/grype-db/'.length), GRYPE_DB)
      : new URL(path, `http://${REGISTRY}`);
    const { authorization: _ours, host: _host, ...headers } = asked.headers;
    const forwarded = request(upstream, { method: asked.method ?? 'GET', headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    forwarded.on('error', () => (answer.headersSent ? answer.end() : answer.writeHead(502).end()));
    asked.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const host = `${address}:${(server.address() as AddressInfo).port}`;
  return {
    host,
    ca: certificate,
    password,
    dockerConfig: (secret) => JSON.stringify({ auths: { [host]: { auth: basic(secret).slice('Basic '.length) } } }),
    signedIn,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function basic(password: string): string {
  return `Basic ${Buffer.from(`robot:${password}`).toString('base64')}`;
}

function selfSigned(address: string): { readonly key: string; readonly certificate: string } {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-ca-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'ca.pem')];
  const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=private registry'];
  execFileSync('openssl', ['req', ...options, '-addext', `subjectAltName=IP:${address}`, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  const files = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  rmSync(directory, { recursive: true });
  return files;
}
