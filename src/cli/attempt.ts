import { isPatchwayError, type Problem } from '../problem.js';

/** What reading an input gives, or all that is wrong with it: one run is to tell of every input. */
export function attempt<T>(read: () => T, file: string): { readonly value: T } | { readonly problems: readonly Problem[] } {
  try {
    return { value: read() };
  } catch (error) {
    if (!isPatchwayError(error)) throw error;
    return { problems: error.problems.length > 0 ? error.problems : [{ path: '', message: error.message, severity: 'error', file }] };
  }
}
