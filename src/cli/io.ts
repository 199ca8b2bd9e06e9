/** What a command touches of the world around it, given to it so that tests can. */
export interface Io {
  /** Writes results to standard output. */
  out(text: string): void;
  /** Writes messages to standard error. */
  err(text: string): void;
  /** Reads standard input to its end. */
  stdin(): Promise<string>;
  /** Whether standard output takes colour. */
  readonly color: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** The directory that relative paths start from. */
  readonly cwd: string;
  /** The clock, in epoch milliseconds. */
  now(): number;
}
