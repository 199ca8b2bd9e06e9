/** A report is somebody else's text: nothing in it may move the cursor, start a line or turn the direction of writing. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '?');
}

/** A length of time (milliseconds) as a person says it. */
export function roughly(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  return hours >= 48 ? `${Math.floor(hours / 24)}d` : hours >= 1 ? `${hours}h` : 'less than 1h';
}
