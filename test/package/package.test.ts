import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const run = (command: string, args: readonly string[], cwd: string) =>
  execFileSync(command, [...args], { cwd, encoding: 'utf8', stdio: 'pipe' });

describe('the packed library in an empty project', () => {
  const project = mkdtempSync(join(tmpdir(), 'patchway-package-'));
  const node = (code: string, type: 'module' | 'commonjs') => {
    const file = join(project, type === 'module' ? 'main.mjs' : 'main.cjs');
    writeFileSync(file, code);
    return run('node', [file], project).trim();
  };

  beforeAll(() => {
    // The test command has built the library already.
    const packed = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root)) as [
      { filename: string },
    ];
    writeFileSync(join(project, 'package.json'), '{"name": "empty", "private": true}');
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(project, packed[0].filename)], project);
  }, 300_000);
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it('brings no engine', () => {
    for (const engine of ['cdk8s', 'constructs', 'cdk8s-plus-28', '@pulumi/pulumi', 'vitest']) {
      expect(existsSync(join(project, 'node_modules', engine)), engine).toBe(false);
    }
  });

  it.each([
    ['ES module', 'module', "import { parsePolicy } from 'patchway';"],
    ['CommonJS', 'commonjs', "const { parsePolicy } = require('patchway');"],
  ] as const)('is imported as %s', (_name, type, line) => {
    expect(node(`${line}\nconsole.log(parsePolicy({}).problems.length > 0);`, type)).toBe('true');
  });

  it('carries an agent that fits beside its configuration in a ConfigMap that kubectl applies', () => {
    expect(statSync(join(project, 'node_modules', 'patchway', 'lib', 'agent.mjs')).size).toBeLessThan(100_000);
  });

  it('carries the same agent as plain text', () => {
    const [packed, plain] = ['agent.mjs', 'agent.cjs'].map((file) =>
      spawnSync(process.execPath, [join(project, 'node_modules', 'patchway', 'lib', file), 'nothing'], { encoding: 'utf8' }),
    );
    expect(packed?.stdout).toContain('no command "nothing"; there are fetch, scan,');
    expect(packed?.status).toBe(1);
    expect(packed?.stdout.split('\n')[0]?.slice(25)).toBe(plain?.stdout.split('\n')[0]?.slice(25));
  });

  it('carries the schema and the licence', () => {
    const installed = join(project, 'node_modules', 'patchway');
    expect(JSON.parse(readFileSync(join(installed, 'policy.schema.json'), 'utf8'))).toHaveProperty('$schema');
    expect(existsSync(join(installed, 'LICENSE'))).toBe(true);
  });

  it('carries the dashboards, and not the library that built them', () => {
    const fleet = readFileSync(join(project, 'node_modules', 'patchway', 'lib', 'dashboards', 'patchway-fleet.json'), 'utf8');
    expect(JSON.parse(fleet)).toHaveProperty('uid', 'patchway-fleet');
    expect(existsSync(join(project, 'node_modules', '@grafana'))).toBe(false);
  });

  it('installs only what it does not carry, and names the licences of what it does', () => {
    const notices = readFileSync(join(project, 'node_modules', 'patchway', 'lib', 'NOTICES.txt'), 'utf8');
    for (const carried of ['@date-fns/tz', 'valibot', 'yaml']) {
      expect(notices).toMatch(new RegExp(`^${carried} \\d`, 'm'));
      expect(existsSync(join(project, 'node_modules', carried)), carried).toBe(false);
    }
  });

  it('runs as a command', () => {
    expect(run('npx', ['--no-install', 'patchway', '--version'], project).trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('says what is missing when the cdk8s entry is imported without cdk8s', () => {
    expect(() => node("import 'patchway/cdk8s';", 'module')).toThrow(/cdk8s|constructs/);
  });

  it.each([
    ['ES module', 'module', "import { App, Chart } from 'cdk8s'; import { PatchStage } from 'patchway/cdk8s';"],
    ['CommonJS', 'commonjs', "const { App, Chart } = require('cdk8s'); const { PatchStage } = require('patchway/cdk8s');"],
  ] as const)('works with cdk8s from %s', (_name, type, line) => {
    if (!existsSync(join(project, 'node_modules', 'cdk8s'))) {
      run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', 'cdk8s', 'constructs'], project);
    }
    expect(node(`${line}\nconsole.log(typeof PatchStage, typeof new Chart(new App(), 'x'));`, type)).toBe('function object');
  });
});
