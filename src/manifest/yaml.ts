/**
 * Writes JSON-shaped values as YAML documents joined by `---`: block style, keys in their order, `undefined` fields left out.
 * What a reader of YAML 1.1 or 1.2 could take for anything but the string that it is gets quoted.
 * @throws TypeError for what JSON has no word for: a function, NaN, an instance of a class
 */
export function toYaml(documents: readonly unknown[]): string {
  const writer: Writer = { quoted: new Map() };
  return documents.map((value) => entry(writer, value, isScalar(value) ? '  ' : '')).join('---\n');
}

/** Quoting is decided once per distinct text: manifests repeat themselves. */
interface Writer {
  readonly quoted: Map<string, string>;
}

/** A text in double quotes, as readers of YAML and of JSON take it. */
export function doubleQuoted(text: string): string {
  // JSON escapes line breaks and lone surrogates; YAML knows a few more characters that must not stand as they are.
  return JSON.stringify(text).replace(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, escaped);
}

/** Longer texts seldom repeat. */
const REMEMBERED_LENGTH = 100;
/** Readers may refuse a longer key without an explicit `?`. */
const KEY_LENGTH = 1000;

/** A value behind `- ` or at the start of a document, with its line break; further lines start with `indent`. */
function entry(writer: Writer, value: unknown, indent: string): string {
  if (isScalar(value)) return `${scalar(writer, value, indent)}\n`;
  if (Array.isArray(value)) return value.length === 0 ? '[]\n' : sequence(writer, value, indent);
  return mapping(writer, value, indent) || '{}\n';
}

/** A value behind `key:`. */
function field(writer: Writer, value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (isScalar(value)) return ` ${scalar(writer, value, inner)}\n`;
  if (Array.isArray(value)) return value.length === 0 ? ' []\n' : `\n${inner}${sequence(writer, value, inner)}`;
  const fields = mapping(writer, value, inner);
  return fields === '' ? ' {}\n' : `\n${inner}${fields}`;
}

function sequence(writer: Writer, values: readonly unknown[], indent: string): string {
  let text = '';
  for (const value of values) text += `${text === '' ? '' : indent}- ${entry(writer, value ?? null, `${indent}  `)}`;
  return text;
}

function mapping(writer: Writer, value: object, indent: string): string {
  let text = '';
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const name = quote(writer, key);
    const start = text === '' ? '' : indent;
    text += `${start}${name.length > KEY_LENGTH ? `? ${name}\n${indent}` : name}:${field(writer, item, indent)}`;
  }
  return text;
}

type Scalar = string | number | boolean | null | undefined;

function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value == null) return true;
  if (typeof value === 'object' && (Array.isArray(value) || isPlain(value))) return false;
  throw new TypeError(`a manifest holds what YAML cannot: ${describe(value)}`);
}

/** An object literal, also of another realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? `an instance of ${value.constructor.name}` : `a ${typeof value}`;
}

function scalar(writer: Writer, value: Scalar, indent: string): string {
  if (typeof value === 'string') return isLiteral(value) ? literal(value, indent) : quote(writer, value);
  if (typeof value === 'number') return number(value);
  return String(value ?? null);
}

function number(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`a manifest holds what YAML cannot: the number ${value}`);
  // YAML 1.1 takes `1e+21` for text: its exponents need a point before them.
  return JSON.stringify(value).replace(/^(-?\d+)e/, '$1.0e');
}

/** Neither white space in front, from which readers would guess the indent, nor at the end, but for line breaks. */
const BLOCK = /^\S(?:[\s\S]*\S)?\n*$/;
const UNPRINTABLE = /[^\t\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

function isLiteral(text: string): boolean {
  return text.includes('\n') && BLOCK.test(text) && !UNPRINTABLE.test(text);
}

function literal(text: string, indent: string): string {
  const chomping = !text.endsWith('\n') ? '-' : text.endsWith('\n\n') ? '+' : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  return `|${chomping}\n${indent}${body.replace(/\n(?=[^\n])/g, `\n${indent}`)}`;
}

/** Words with single spaces between, without an indicator in front, `: ` or ` #`. */
const PLAIN = /^[A-Za-z_/](?:[\w./@+=%$~,;()'"*&!?<>|\\-]|:(?=[\w/@]))*(?: (?:[\w./@+=%$~,;()'"*&!?<>|\\-]|:(?=[\w/@]))+)*$/;
/** Booleans and null of YAML 1.1, and an exponent alone, which one reader takes for a number. */
const WORD = /^(?:y|n|yes|no|on|off|true|false|null|e\d+)$/i;

function quote(writer: Writer, text: string): string {
  if (text.length > REMEMBERED_LENGTH) return quoted(text);
  const known = writer.quoted.get(text);
  if (known !== undefined) return known;
  const result = quoted(text);
  writer.quoted.set(text, result);
  return result;
}

function quoted(text: string): string {
  if (PLAIN.test(text) && !WORD.test(text)) return text;
  return doubleQuoted(text);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
