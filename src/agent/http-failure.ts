import { isPatchwayError, PatchwayError } from '../problem.js';

/** No byte, or no end, within the time allowed. */
export class TimedOut extends Error {
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`no answer within ${afterMs} ms`);
    this.afterMs = afterMs;
  }
}

const NOT_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const CUT = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ETIMEDOUT']);

/** Whether trying again may help and cannot do harm: a request that never arrived may be sent again whatever it asks for. */
export function isPassing(error: unknown, idempotent: boolean): boolean {
  const code = codeOf(error);
  return NOT_REACHED.has(code) || (idempotent && (error instanceof TimedOut || CUT.has(code)));
}

/** An error of a connection in words: which host, what happened, what to do. */
export function connectionFailure(
  error: unknown,
  { url, socketPath }: { readonly url: string; readonly socketPath?: string },
): PatchwayError {
  if (isPatchwayError(error)) return error;
  return new PatchwayError(describe(error, socketPath ?? new URL(url).host), { cause: error });
}

/** Whether the other side's certificate was the reason: it must never be answered by trying without TLS. */
export function isCertificateFailure(error: unknown): boolean {
  const code = codeOf(error instanceof PatchwayError ? error.cause : error);
  return /CERT|ISSUER|SIGNATURE/.test(code);
}

function describe(error: unknown, host: string): string {
  if (error instanceof TimedOut) {
    return `${host} did not answer within ${seconds(error.afterMs)}. Check that it is up and that no firewall or network policy is in between.`;
  }
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  if (code === 'ECONNREFUSED')
    return `${host} refused the connection: nothing listens there. Check the address, and that the service is running.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${host} was not found in DNS. Check the name, and that this machine can resolve it.`;
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ETIMEDOUT')
    return `${host} cannot be reached (${code}). Check the network.`;
  if (code === 'ENOENT') return `${host} is not there: nothing listens on that socket.`;
  if (CUT.has(code)) return `${host} closed the connection before its answer was complete. Try again; if it stays so, look at its log.`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return `${host} does not speak HTTPS (${code}). Check the port.`;
  if (code.startsWith('HPE_'))
    return `${host} answered something that is not HTTP (${code}). Check the port, and whether it expects HTTPS.`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate of ${host} is for another name. ${text}.`;
  if (code === 'CERT_HAS_EXPIRED') return `the certificate of ${host} has expired. Renew it there.`;
  if (isCertificateFailure(error)) {
    return `the certificate of ${host} is not trusted (${code}). Name its certificate authority: \`scan.registryCa\` in the policy for scans, NODE_EXTRA_CA_CERTS for the command line.`;
  }
  return `${host}: ${text}`;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}
