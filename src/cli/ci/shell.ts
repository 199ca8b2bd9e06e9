/** A word for a POSIX shell, quoted where it needs to be. */
export function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  // GitHub expands `${{` in scripts before a shell sees them, quoted or not: it is cut in two.
  return `'${word.replaceAll("'", `'\\''`).replaceAll('${{', () => `$''{{`)}'`;
}

/** Text as a YAML string in double quotes, which JSON's are. */
export function yamlText(text: string): string {
  return JSON.stringify(text);
}

/** Every line but empty ones behind some spaces: a script below `run: |`. */
export function indented(lines: readonly string[], spaces: number): string {
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => (line === '' ? '' : `${' '.repeat(spaces)}${line}`))
    .join('\n');
}
