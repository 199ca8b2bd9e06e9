import type { Json } from '../manifest/manifest.js';
import { doubleQuoted, toYaml } from '../manifest/yaml.js';

export type Fields = Readonly<Record<string, Json>>;

/** Lines of a map or list, each behind a line break and indented by `column` spaces. */
export function blockLines(value: object, column: number, newline: string): string {
  const indent = `${newline}${' '.repeat(column)}`;
  const lines = toYaml([value]).slice(0, -1).split('\n');
  return lines.map((line) => (line === '' ? newline : `${indent}${line}`)).join('');
}

/** A value on one line, as it may stand in braces. In JSON all texts and keys are quoted. */
export function flowValue(value: Json | undefined, json: boolean): string {
  if (value === null || typeof value !== 'object') return flowScalar(value ?? null, json);
  if (isList(value)) return `[${value.map((item) => flowValue(item, json)).join(', ')}]`;
  return `{${flowPairs(value, json)}}`;
}

/** Pairs as they stand in braces. */
export function flowPairs(fields: { readonly [key: string]: Json | undefined }, json: boolean): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  return pairs.map(([key, value]) => `${flowScalar(key, json)}: ${flowValue(value, json)}`).join(', ');
}

export type Quotes = 'single' | 'double' | 'none';

/** A scalar on one line outside of braces, in the quotes that were there before. */
export function blockScalar(value: string | number | boolean | null, quotes: Quotes): string {
  if (typeof value !== 'string') return written(value);
  if (quotes === 'single' && PRINTABLE.test(value)) return `'${value.replaceAll("'", "''")}'`;
  return quotes === 'double' || value.includes('\n') ? doubleQuoted(value) : written(value);
}

const PRINTABLE = /^[\x20-\x7e]*$/;
/** Neither commas and brackets nor colons, which mean more in braces than outside. */
const FLOW_SAFE = /^[A-Za-z_][\w./-]*$/;

function flowScalar(value: string | number | boolean | null, json: boolean): string {
  if (typeof value !== 'string') return json ? JSON.stringify(value) : written(value);
  return !json && FLOW_SAFE.test(value) ? written(value) : doubleQuoted(value);
}

function written(value: string | number | boolean | null): string {
  return toYaml([value]).slice(0, -1);
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
