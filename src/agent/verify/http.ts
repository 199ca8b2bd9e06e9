import type { Verification } from '../../policy/policy.js';
import { isPatchwayError } from '../../problem.js';
import type { Outcome } from '../../promotion/state.js';
import { request } from '../http.js';

const TIMEOUT_MS = 10_000;

/** Asks once, as a user would: what answers at all, answers as it should or fails. */
export async function verifyByHttp({ url, status, body }: Extract<Verification, { readonly kind: 'http' }>): Promise<Outcome> {
  try {
    const answer = await request({ method: 'GET', url, timeoutMs: TIMEOUT_MS, retries: 2, maxBytes: 2 ** 20 });
    if (answer.status !== status) return { result: 'fails', why: `${url} answered ${answer.status}, not ${status}` };
    if (body !== undefined && !answer.body.toString('utf8').includes(body))
      return { result: 'fails', why: `${url} answered without ${JSON.stringify(body)}` };
    return { result: 'holds', why: `${url} answered ${status}` };
  } catch (error) {
    return { result: 'fails', why: isPatchwayError(error) ? error.message : String(error) };
  }
}
