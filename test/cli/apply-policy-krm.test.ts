import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { BUSYBOX, filter } from './apply-policy-support.js';

const list = (image: string, { config = '', annotations = '{}', labels = '' } = {}) => `apiVersion: config.kubernetes.io/v1
kind: ResourceList
${config}items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: a # kept
    annotations: ${annotations}
${labels}  spec: {containers: [{name: a, image: ${image}}]}
`;
const LABELS = '    labels:\n      patchway.dev/policy: shop\n      patchway.dev/stage: production\n';
const config = (fields: string) => `functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: f}\n  ${fields}\n`;

describe('a KRM function', () => {
  it.each([
    ['arguments', ['p.yaml', '--stage', 'production'], ''],
    ['a ConfigMap', [], config('data: {policy: p.yaml, stage: production, lock: images.lock.yaml}')],
    ['a kind of its own', [], config('spec: {policy: p.yaml, stage: production}')],
    ['both, where arguments win', ['--stage', 'production'], config('data: {policy: p.yaml, stage: staging}')],
  ])('is told by %s what to apply', async (_, args, functionConfig) => {
    const apply = filter();
    const wanted = list(`"${BUSYBOX}"`, { config: functionConfig, labels: LABELS });
    expect(await apply(list('busybox', { config: functionConfig }), args)).toEqual({ code: 0, stdout: wanted, stderr: '' });
    expect((await apply(wanted, args)).stdout).toBe(wanted);
  });

  it('gives the list back as it was, with the errors as results', async () => {
    const annotations = "{internal.config.kubernetes.io/path: pods/a.yaml, internal.config.kubernetes.io/index: '2'}";
    const { code, stdout, stderr } = await filter()(list('redis:7', { annotations }));
    expect(code).toBe(65);
    expect(stderr).toContain('redis:7 is not locked');
    expect(stdout.startsWith(list('redis:7', { annotations }))).toBe(true);
    expect(parse(stdout).results).toEqual([
      {
        message: expect.stringContaining('redis:7 is not locked for stage production.'),
        severity: 'error',
        resourceRef: { apiVersion: 'v1', kind: 'Pod', name: 'a' },
        field: { path: 'spec.containers[0].image' },
        file: { path: 'pods/a.yaml', index: 2 },
      },
    ]);
  });

  it('gives what was left alone as information', async () => {
    const apply = filter();
    const { code, stdout } = await apply(list('redis:7', { annotations: '{patchway.dev/ignore: vendored}' }));
    expect(code).toBe(0);
    expect(parse(stdout).results).toEqual([
      {
        message: 'It is left as it is, as it says itself: vendored',
        severity: 'info',
        resourceRef: { apiVersion: 'v1', kind: 'Pod', name: 'a' },
      },
    ]);
    expect((await apply(stdout)).stdout).toBe(stdout);
  });

  it('tells of a policy that cannot be read as a result', async () => {
    const { code, stdout } = await filter()(list('busybox'), ['none.yaml', '--stage', 'production']);
    expect(code).toBe(65);
    expect(parse(stdout).results).toEqual([{ message: expect.stringContaining('There is no such file'), severity: 'error' }]);
  });

  it('answers JSON in JSON', async () => {
    const json = JSON.stringify(parse(list('redis:7')));
    expect(JSON.parse((await filter()(json)).stdout)).toMatchObject({ kind: 'ResourceList', results: [{ severity: 'error' }] });
  });

  it.each(['apiVersion: example.com/v1\nkind: ResourceList\nitems: []\n', 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n'])(
    'is nothing to do for %j',
    async (text) => {
      expect(await filter()(text)).toEqual({ code: 0, stdout: text, stderr: '' });
    },
  );
});
