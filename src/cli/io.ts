import { PatchwayError } from '../problem.js';

/** What a command touches of the world around it, given to it so that tests can. */
export interface Io {
  /** Writes results to standard output. */
  out(text: string): void;
  /** Writes messages to standard error. */
  err(text: string): void;
  /** Reads standard input to its end, a byte order mark included. */
  stdin(): Promise<string>;
  /** Whether standard output takes colour. */
  readonly color: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** The directory that relative paths start from. */
  readonly cwd: string;
  /** The clock, in epoch milliseconds. */
  now(): number;
}

/**
 * The text that bytes are, a byte order mark included: written again it is the same bytes.
 * @throws PatchwayError 65 for what is not UTF-8
 */
export function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new PatchwayError('the standard input is not UTF-8. Write it as UTF-8, without bytes of another encoding.', {
      exitCode: 65,
      cause,
    });
  }
}
