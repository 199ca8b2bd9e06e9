import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shellWord } from '../../src/cli/ci/shell.js';
import { sandbox } from './fake-io.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const LOCK = `schemaVersion: 1
images: {}
tools:
  agent: {image: docker.io/library/node, tag: 22-slim, digest: "${DIGEST}"}
  grype: {image: docker.io/anchore/grype, tag: v0.110.0, digest: "${DIGEST}"}
  trivy: {image: docker.io/aquasec/trivy, tag: 0.74.0, digest: "${DIGEST}"}
`;
const GRYPE = `docker.io/anchore/grype:v0.110.0@${DIGEST}`;
const TRIVY = `docker.io/aquasec/trivy:0.74.0@${DIGEST}`;

const policy = (scanners: readonly object[], timeout = '10m') =>
  JSON.stringify({
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners, timeout },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '90d', low: '180d' } },
    stages: [{ name: 'staging', namespace: 'storefront-staging' }],
  });
const BOTH = policy([{ kind: 'grype' }, { kind: 'trivy', args: ["--skip-dirs=it's ${{ secrets.KEY }}"] }]);

const repository = (files: Readonly<Record<string, string>> = {}) =>
  sandbox({ 'patch-policy.yaml': BOTH, 'images.lock.yaml': LOCK, ...files });

async function written(forge: string, ...options: readonly string[]) {
  const { code, stdout, stderr } = await repository().run('ci', forge, ...options);
  expect([code, stderr]).toEqual([0, '']);
  return { text: stdout, yaml: parse(stdout) };
}

type Step = { readonly name?: string; readonly uses?: string; readonly run?: string; readonly if?: string };

describe.each(['github', 'gitlab'])('patchway ci %s', (forge) => {
  it('scans with the locked images, and judges with this version of patchway', async () => {
    const { text } = await written(forge);
    expect(text).toContain(GRYPE);
    expect(text).toContain(TRIVY);
    expect(text).toContain('npx --yes patchway@1.2.3 gate --policy patch-policy.yaml --image "$IMAGE" --report ');
    expect(text).toContain('docker-archive:/work/image.tar --output json --file /tmp/report.json\n');
    expect(text).toContain(' image --input /work/image.tar --format json ');
    expect(text).not.toContain('/work/image ');
  });

  it('gives a scanner no privilege, no socket and no credentials', async () => {
    const { text } = await written(forge);
    expect(text.match(/docker run .*--read-only --cap-drop ALL --security-opt no-new-privileges/g)).toHaveLength(2);
    expect(text).not.toContain('docker.sock');
  });

  it('lets the policy write no expression and no second command', async () => {
    const { text } = await written(forge);
    expect(text).toContain(`'--skip-dirs=it'\\''s $''{{ secrets.KEY }}'`);
    expect(text).not.toContain('${{ secrets');
  });

  it('writes the same bytes twice, to a file that it may write again', async () => {
    const { run, read, list } = repository();
    const { stdout } = await run('ci', forge);
    for (const _ of [1, 2]) {
      expect(await run('ci', forge, '-o', 'ci/patchway.yml')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('ci/patchway.yml: '),
      });
      expect(read('ci/patchway.yml')).toBe(stdout);
    }
    expect(list('ci')).toEqual(['patchway.yml']);
  });

  it('overwrites nothing of another hand', async () => {
    const { run, read } = repository({ 'ci.yml': 'jobs: {}\n' });
    expect(await run('ci', forge, '-o', 'ci.yml')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('was not written by'),
    });
    expect(read('ci.yml')).toBe('jobs: {}\n');
  });

  it('takes the image and the stage', async () => {
    const { text } = await written(forge, '--image', 'ghcr.io/acme/web', '--stage', 'staging');
    expect(text).toMatch(/"ghcr\.io\/acme\/web:\$\w+"/);
    expect(text).toContain('gate --policy patch-policy.yaml --stage staging --image');
  });
});

describe('patchway ci github', () => {
  const job = async () => (await written('github')).yaml.jobs.gate;

  it('pins every action to a commit, and names its release', async () => {
    const { text } = await written('github');
    const uses = text.match(/uses: .*/g) ?? [];
    expect(uses).toHaveLength(4);
    for (const use of uses) expect(use).toMatch(/^uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may read the code, write to code scanning, and nothing else', async () => {
    expect((await written('github')).yaml.permissions).toEqual({});
    expect((await job()).permissions).toEqual({ contents: 'read', actions: 'read', 'security-events': 'write' });
  });

  it('expands no expression in a script', async () => {
    const { steps }: { steps: readonly Step[] } = await job();
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
    expect(steps[0]).toMatchObject({ with: { 'persist-credentials': false } });
  });

  it('uploads whatever the verdict is, but not for a fork', async () => {
    const { steps }: { steps: readonly Step[] } = await job();
    const upload = steps.find(({ uses }) => uses?.startsWith('github/codeql-action/upload-sarif@'));
    expect(upload?.if).toContain('!cancelled()');
    expect(upload?.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    expect(steps.indexOf(upload!)).toBeGreaterThan(steps.findIndex(({ name }) => name === 'Judge what was found'));
  });

  it('takes as long as the scanners may', async () => {
    expect((await job())['timeout-minutes']).toBe(50);
  });
});

describe('patchway ci gitlab', () => {
  it('reports to merge requests, also where the gate is closed', async () => {
    const { yaml } = await written('gitlab');
    expect(yaml['patchway-gate'].artifacts).toMatchObject({ when: 'always', reports: { junit: 'patchway-results/junit.xml' } });
    expect(yaml['patchway-gate'].needs).toEqual(['patchway-scan']);
    expect(yaml['.patchway'].variables).toEqual({ IMAGE: '$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA' });
  });

  it('runs on images by digest only', async () => {
    const { text } = await written('gitlab');
    const images = text.match(/(?:image|name): "?[\w.]+\/\S+/g) ?? [];
    expect(images).toHaveLength(3);
    for (const image of images) expect(image).toMatch(/@sha256:[0-9a-f]{64}"?$/);
  });
});

describe('patchway ci', () => {
  it('leaves out Clair and says so', async () => {
    const { run } = repository({ 'patch-policy.yaml': policy([{ kind: 'clair', server: 'http://clair:6060' }, { kind: 'grype' }]) });
    const { code, stdout, stderr } = await run('ci', 'github');
    expect(code).toBe(0);
    expect(stderr).toBe('warning: clair is left out, as it fetches images from a registry by itself: the workflow runs grype\n');
    expect(stdout).not.toContain('clair');
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, number, string]>([
    [
      'a forge',
      ['jenkins'],
      {},
      64,
      'ci jenkins: there is no such forge or updater; there are github, gitlab, renovate, dependabot, promotion.',
    ],
    ['a stage', ['github', '-s', 'prod'], {}, 64, 'it has staging'],
    ['an image with a tag', ['github', '-i', 'ghcr.io/acme/web:1'], {}, 64, 'Write it without tag and digest'],
    ['an image that is none', ['github', '-i', '"; rm -rf /'], {}, 64, 'this is not a repository'],
    ['no policy', ['github', '-p', 'none.yaml'], {}, 65, 'none.yaml'],
    ['no lock', ['github', '-l', 'none.yaml'], {}, 65, 'the image lock cannot be read'],
    ['a lock without digests', ['github'], { 'images.lock.yaml': LOCK.replaceAll(/, digest: "[^"]*"/g, '') }, 65, 'no digest for trivy'],
    ['Clair alone', ['github'], { 'patch-policy.yaml': policy([{ kind: 'clair', server: 'http://clair:6060' }]) }, 65, 'Add one of them'],
  ])('refuses %s', async (_, args, files, code, message) => {
    expect(await repository(files).run('ci', ...args)).toEqual({ code, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe('a word for the shell', () => {
  it.each([
    ['--input=/work/image.tar', '--input=/work/image.tar'],
    ['', "''"],
    ['two words', "'two words'"],
    ["it's", "'it'\\''s'"],
    ['$(id)', "'$(id)'"],
    ['${{ x }}', "'$''{{ x }}'"],
  ])('%j is %s', (word, expected) => {
    expect(shellWord(word)).toBe(expected);
  });
});
