import { badInput, PatchwayError, type Problem } from '../problem.js';
import { yamlLibrary } from '../yaml-library.js';
import type { HeldImage, ImageLock, LockEntry, ReleasedFrom, ToolEntry, ToolName } from './lock.js';
import { type Fields, LockReader } from './lock-reader.js';
import { parseReference } from './reference.js';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const PLATFORM = /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/;
const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const RELEASED_FROM: readonly ReleasedFrom[] = ['label', 'config', 'firstSeen'];
const TOOLS: readonly ToolName[] = ['agent', 'trivy', 'grype', 'copa'];

/**
 * Reads `images.lock.yaml`. Keys are normalised on the way: `nginx` becomes `docker.io/library/nginx:latest`.
 * @throws with every problem at once, each with its line and column
 */
export function parseLock(text: string, file: string): ImageLock {
  const yaml = yamlLibrary();
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    const repeated = error.code === 'DUPLICATE_KEY';
    const message = repeated ? 'this key is there twice. Remove one of the two.' : `not YAML: ${error.message}`;
    return { path: '', message, severity: 'error', file, line, column: col };
  });
  const reader = new LockReader(yaml, file, lines, problems);
  // What is left of a document after a syntax error would only give misleading problems.
  const syntaxError = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  const lock = syntaxError ? undefined : readLock(reader, document.contents);
  if (problems.length > 0 || lock === undefined) throw badInput(file, problems);
  return lock;
}

/**
 * Reads a lock from a file.
 * @throws as `parseLock`, or when there is no such file
 */
export function loadLock(file: string): ImageLock {
  let text: string;
  try {
    text = process.getBuiltinModule('node:fs').readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PatchwayError(`${file}: the image lock cannot be read. Write one with \`patchway lock update\`, or name it with --lock.`, {
      exitCode: 65,
      cause,
    });
  }
  return parseLock(text, file);
}

function readLock(reader: LockReader, contents: unknown): ImageLock | undefined {
  const root = reader.fields(contents, '', ['schemaVersion', 'images', 'tools'], 'a map with `schemaVersion: 1` and `images`');
  if (root === undefined) return undefined;
  const version = reader.text(root, 'schemaVersion');
  if (version !== undefined && version !== '1')
    reader.problem(root.get('schemaVersion'), 'schemaVersion', 'this version is not known.', { expected: '1', received: version });
  return { schemaVersion: 1, images: readImages(reader, root), tools: readTools(reader, root) };
}

function readImages(reader: LockReader, root: Fields): ImageLock['images'] {
  const images: Record<string, Record<string, LockEntry>> = {};
  if (!root.has('images')) return images;
  const written = new Map<string, string>();
  for (const { key, keyNode, value } of reader.entries(root.get('images'), 'images')) {
    const path = `images[${JSON.stringify(key)}]`;
    const reference = parseReference(key);
    if (reference === undefined) {
      reader.problem(keyNode, path, 'this is not an image reference. Write it as workloads do: nginx, or ghcr.io/acme/web:1.4.');
    } else if (reference.digest !== undefined) {
      reader.problem(
        keyNode,
        path,
        'a key is a reference without a digest. Write the tag alone; the digest goes into the stages below it.',
      );
    }
    const normalised = reference === undefined ? key : `${reference.repository}:${reference.tag ?? 'latest'}`;
    const same = written.get(normalised);
    if (same !== undefined && same !== key) {
      reader.problem(keyNode, path, `means the same image as ${JSON.stringify(same)}: both are ${normalised}. Remove one of the two.`);
    }
    written.set(normalised, key);
    images[normalised] = readStages(reader, value, path);
  }
  return images;
}

function readStages(reader: LockReader, value: unknown, path: string): Record<string, LockEntry> {
  const stages: Record<string, LockEntry> = {};
  for (const { key: stage, value: node } of reader.entries(value, path)) {
    const entry = readEntry(reader, node, `${path}.${stage}`);
    if (entry !== undefined) stages[stage] = entry;
  }
  return stages;
}

function readEntry(reader: LockReader, node: unknown, path: string): LockEntry | undefined {
  const names = ['tag', 'digest', 'platforms', 'releasedAt', 'releasedFrom', 'promotedAt', 'held'];
  const fields = reader.fields(node, path, names, 'a map with tag, digest, releasedAt and releasedFrom');
  if (fields === undefined) return undefined;
  const tag = reader.matching(fields, 'tag', TAG, 'a tag of at most 128 letters, digits, dots, dashes and underscores');
  const digest = reader.matching(fields, 'digest', DIGEST, '`sha256:` and 64 hex digits');
  const releasedAt = instant(reader, fields, 'releasedAt');
  const releasedFrom = reader.oneOf(fields, 'releasedFrom', RELEASED_FROM);
  const platforms = readPlatforms(reader, fields);
  const promotedAt = fields.has('promotedAt') ? instant(reader, fields, 'promotedAt') : undefined;
  const held = fields.has('held') ? readHeld(reader, fields) : undefined;
  if (tag === undefined || digest === undefined || releasedAt === undefined || releasedFrom === undefined) return undefined;
  return {
    tag,
    digest,
    ...(platforms === undefined ? {} : { platforms }),
    releasedAt,
    releasedFrom,
    ...(promotedAt === undefined ? {} : { promotedAt }),
    ...(held === undefined ? {} : { held }),
  };
}

function readPlatforms(reader: LockReader, entry: Fields): LockEntry['platforms'] {
  if (!entry.has('platforms')) return undefined;
  const path = `${entry.path}.platforms`;
  const platforms: Record<string, string> = {};
  for (const { key, keyNode, value } of reader.entries(entry.get('platforms'), path)) {
    if (!PLATFORM.test(key))
      reader.problem(keyNode, `${path}.${key}`, 'this is not a platform.', { expected: 'one like linux/amd64', received: key });
    const digest = reader.matchingNode(value, `${path}.${key}`, DIGEST, '`sha256:` and 64 hex digits');
    if (digest !== undefined) platforms[key] = digest;
  }
  return platforms;
}

function readHeld(reader: LockReader, entry: Fields): HeldImage | undefined {
  const fields = reader.fields(entry.get('held'), `${entry.path}.held`, ['digest', 'firstSeenAt'], 'a map with digest and firstSeenAt');
  if (fields === undefined) return undefined;
  const digest = reader.matching(fields, 'digest', DIGEST, '`sha256:` and 64 hex digits');
  const firstSeenAt = instant(reader, fields, 'firstSeenAt');
  return digest === undefined || firstSeenAt === undefined ? undefined : { digest, firstSeenAt };
}

function readTools(reader: LockReader, root: Fields): ImageLock['tools'] {
  const tools: { [T in ToolName]?: ToolEntry } = {};
  if (!root.has('tools')) return tools;
  const known = reader.fields(root.get('tools'), 'tools', TOOLS, 'a map of tools');
  for (const name of TOOLS) {
    if (known?.has(name) !== true) continue;
    const fields = reader.fields(known.get(name), `tools.${name}`, ['image', 'tag', 'digest'], 'a map with image and tag');
    if (fields === undefined) continue;
    const image = reader.text(fields, 'image');
    const repository = image === undefined ? undefined : parseReference(image);
    if (image !== undefined && (repository === undefined || repository.digest !== undefined || /:[^/]*$/.test(image))) {
      reader.problem(fields.get('image'), `tools.${name}.image`, 'this is not a repository. Tag and digest have fields of their own.', {
        received: image,
      });
    }
    const tag = reader.matching(fields, 'tag', TAG, 'a tag');
    const digest = fields.has('digest') ? reader.matching(fields, 'digest', DIGEST, '`sha256:` and 64 hex digits') : undefined;
    if (image !== undefined && tag !== undefined) tools[name] = { image, tag, ...(digest === undefined ? {} : { digest }) };
  }
  return tools;
}

function instant(reader: LockReader, fields: Fields, name: string): string | undefined {
  const expected = 'an instant like 2026-11-10T09:00:00Z';
  const text = reader.matching(fields, name, INSTANT, expected);
  if (text === undefined || isInstant(text)) return text;
  reader.problem(fields.get(name), `${fields.path}.${name}`, 'there is no such date.', { expected, received: text });
  return undefined;
}

/** JavaScript reads 30 February as 2 March: the day must be there after reading too. */
function isInstant(text: string): boolean {
  const [, year, month, day] = INSTANT.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return !Number.isNaN(Date.parse(text)) && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
