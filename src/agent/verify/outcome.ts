/** What a verification says at one look. Only `holds` is success; `unknown` has to become something else in time. */
export interface Outcome {
  readonly result: 'holds' | 'fails' | 'unknown';
  /** For a person. */
  readonly why: string;
}
