import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gateSarif } from '../../src/cli/gate-sarif.js';
import { due, EVIL, excepted, image, overdue, reported, resultOf } from '../cli/gate-results.js';
import { exec, type Outcome } from './cluster.js';
import { clusterProgram } from './cluster-program.js';
import { schemaStore, validatorOf } from './schemas.js';

const actionlint = clusterProgram('actionlint');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/storefront-yaml');
const PATCHWAY = join(ROOT, 'lib/main.js');
const REPORTS = join(ROOT, 'test/gate/fixtures');

type Job = { readonly script: readonly string[] };
type Step = { readonly run?: string };

async function patchway(...args: readonly string[]): Promise<Outcome> {
  return exec('node', [PATCHWAY, ...args], { cwd: EXAMPLE });
}

async function workflow(forge: string): Promise<string> {
  const { code, stdout, stderr } = await patchway('ci', forge);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

let store: string;
const valid = (validate: ValidateFunction, document: unknown) => {
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
};

beforeAll(async () => {
  store = await schemaStore();
});

describe('SARIF', () => {
  it('is valid under its schema, whatever a report says', () => {
    const validate = validatorOf(join(store, 'sarif-2.1.0.json'));
    const findings = [overdue({ exploited: true }), due({ fixedIn: [] }), reported({ severity: 'unknown' }), excepted()];
    const hostile = [overdue({ id: EVIL, package: EVIL, version: EVIL, reason: EVIL, aliases: [EVIL] })];
    const unknown = image('nginx', [], { verdict: 'unknown', allowed: false, reason: EVIL });
    const images = [image('10.244.0.1:5000/web:1', findings), image(EVIL, hostile), unknown];
    for (const result of [resultOf(images, [EVIL]), resultOf([])]) valid(validate, JSON.parse(gateSarif(result)));
    validate({ version: '2.1.0' });
    expect(validate.errors).not.toEqual([]);
  });

  it('is valid for real reports on several images', async () => {
    const reports = ['grype-web-1.0.0', 'trivy-web-1.0.0', 'grype-web-1.0.2', 'trivy-web-1.0.2'].map((name) =>
      join(REPORTS, `${name}.json`),
    );
    const { code, stdout } = await patchway('gate', '-p', 'patch-policy.yaml', '--format', 'sarif', '-r', ...reports);
    expect(code).toBe(2);
    const log = JSON.parse(stdout);
    valid(validatorOf(join(store, 'sarif-2.1.0.json')), log);
    expect(log.runs[0].results).toHaveLength(9);
  });
});

describe('the workflow for GitHub', () => {
  it.runIf(actionlint.present())('satisfies actionlint, which sees what is wrong', async () => {
    const lint = async (text: string) => exec(await actionlint.path(), ['-'], { input: text });
    const text = await workflow('github');
    expect(await lint(text)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await lint(text.replace('runs-on:', 'run-on:'))).code).toBe(1);
  });
});

describe('the pipeline for GitLab', () => {
  it('is one by the schema', async () => {
    const [file] = readdirSync(join(store, 'gitlab.com'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('ci.json'));
    const validate = validatorOf(join(store, 'gitlab.com', file!));
    const pipeline = parse(await workflow('gitlab'));
    valid(validate, pipeline);
    validate({ ...pipeline, 'patchway-gate': { ...pipeline['patchway-gate'], artifacts: { when: 'sometimes' } } });
    expect(validate.errors).not.toBeNull();
  });
});

describe.each(['github', 'gitlab'])('the scripts for %s', (forge) => {
  const scriptsOf = (text: string): readonly string[] => {
    const document = parse(text);
    if (forge === 'github') return document.jobs.gate.steps.flatMap(({ run }: Step) => run ?? []);
    return [document['patchway-scan'], document['patchway-gate']].map(({ script }: Job) => script.join('\n'));
  };

  it.each([
    ['1.0.0', 2, 'The gate is closed'],
    ['1.0.2', 0, 'The gate is open'],
  ])('judge web:%s and end with %i', async (version, code, words) => {
    const { run, read } = stage(version);
    const outcome = await run(scriptsOf(await workflow(forge)));
    expect(outcome).toMatchObject({ code, stdout: expect.stringContaining(words) });
    expect(JSON.parse(read('patchway-results/verdict.json'))).toMatchObject({ allowed: code === 0, images: [{ image: IMAGES[forge] }] });
    if (forge === 'gitlab') expect(read('patchway-results/junit.xml')).toContain(`<testsuites name="patchway storefront"`);
    else {
      expect(JSON.parse(read('patchway-results/gate.sarif')).runs).toHaveLength(1);
      expect(read('summary.md')).toMatch(/^<!-- patchway gate: storefront -->/);
    }
  });

  it('end at a scanner that wrote no report, and at a report that cannot be read', async () => {
    const scripts = scriptsOf(await workflow(forge));
    const none = await stage('none').run(scripts);
    expect(none).toMatchObject({ code: 1, stdout: expect.not.stringContaining('The gate') });
    const cut = await stage('cut').run(scripts);
    expect(cut).toMatchObject({ code: 65, stderr: expect.stringContaining('patchway-results/grype.json') });
  });
});

const IMAGES: Readonly<Record<string, string>> = {
  github: 'ghcr.io/acme/storefront:0a1b2c',
  gitlab: 'registry.gitlab.example/acme/storefront:0a1b2c',
};

/** A checkout, and beside it a Docker whose scanners have scanned a version of web already, and npm with this patchway. */
function stage(version: string) {
  const cwd = mkdtempSync(join(tmpdir(), 'patchway-ci-'));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
    chmodSync(join(cwd, name), 0o755);
  };
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8');
  write('patch-policy.yaml', readFileSync(join(EXAMPLE, 'patch-policy.yaml'), 'utf8'));
  write(
    'bin/docker',
    `#!/bin/sh
case "$1" in
  save) : > "$3" ;;
  run) case "$*" in *docker-archive:*) kind=grype ;; *) kind=trivy ;; esac
    for arg; do case "$arg" in *:/tmp) scratch="\${arg%:/tmp}" ;; esac; done
    case ${version} in
      none) ;;
      cut) echo '{' > "$scratch/report.json" ;;
      *) node -e '${AS_FROM_ARCHIVE}' "${REPORTS}/$kind-web-${version}.json" > "$scratch/report.json" ;;
    esac ;;
esac
`,
  );
  write('bin/npx', `#!/bin/sh\nshift 2\nexec node ${PATCHWAY} "$@"\n`);
  const env = {
    PATH: `${join(cwd, 'bin')}:${process.env.PATH}`,
    GITHUB_REPOSITORY: 'Acme/Storefront',
    GITHUB_SHA: '0a1b2c',
    GITHUB_ENV: join(cwd, 'env'),
    GITHUB_STEP_SUMMARY: join(cwd, 'summary.md'),
  };
  const run = async (scripts: readonly string[]): Promise<Outcome> => {
    let outcome: Outcome = { code: 0, stdout: '', stderr: '' };
    let image = IMAGES.gitlab;
    for (const script of scripts) {
      if (outcome.code !== 0) break;
      outcome = await exec('bash', ['-eo', 'pipefail', '-c', script], { cwd, env: { ...env, IMAGE: image } });
      image = readOr(join(cwd, 'env'), `IMAGE=${image}`)
        .trim()
        .replace(/^IMAGE=/, '');
    }
    return outcome;
  };
  return { run, read };
}

/** Reports on an archive name no repository; these are of today, whenever today is. */
const AS_FROM_ARCHIVE = `
  const report = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
  const now = new Date().toISOString();
  if (report.Metadata) { report.Metadata.RepoDigests = []; report.CreatedAt = now; }
  else { report.source.target.repoDigests = []; report.descriptor.timestamp = now; }
  console.log(JSON.stringify(report));
`;

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
