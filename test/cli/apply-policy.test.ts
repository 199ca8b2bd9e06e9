import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/cli/io.js';
import { BUSYBOX, filter, LOCK, NGINX, POLICY } from './apply-policy-support.js';
import { runIn, sandbox } from './fake-io.js';

const STREAM = `# Everything of the shop.
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}   
data:
  template: |
    {{ .Site.Title }}
--- # the web server
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: &labels # for selectors
    app: web
spec:
  replicas: 2 # enough
  strategy:
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
    spec:
      # in this order
      initContainers:
      - {name: wait, image: busybox}
      containers:
        - image: 'nginx:1.27' # pinned below
          name: web
          x-unknown: {a: [1, 2,  3]}
          readinessProbe: {httpGet: {path: /, port: 80}}

---
apiVersion: example.com/v1
kind: Deployment
metadata: {name: other}
spec: {image: nginx:1.27}
...
`;

const APPLIED = `# Everything of the shop.
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}   
data:
  template: |
    {{ .Site.Title }}
--- # the web server
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: &labels # for selectors
    app: web
    patchway.dev/policy: shop
    patchway.dev/stage: production
spec:
  replicas: 2 # enough
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: "25%"
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      # in this order
      initContainers:
      - {name: wait, image: "${BUSYBOX}"}
      containers:
        - image: '${NGINX}' # pinned below
          name: web
          x-unknown: {a: [1, 2,  3]}
          readinessProbe: {httpGet: {path: /, port: 80}}
          lifecycle:
            preStop:
              sleep:
                seconds: 5
      terminationGracePeriodSeconds: 35
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app: web
          matchLabelKeys:
            - pod-template-hash
  minReadySeconds: 10
  progressDeadlineSeconds: 600
  revisionHistoryLimit: 5

---
apiVersion: example.com/v1
kind: Deployment
metadata: {name: other}
spec: {image: nginx:1.27}
...
`;

const POD = (image: string, rest = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n    - name: a\n      image: ${image}\n${rest}`;

describe('patchway apply-policy', () => {
  it('writes the fields of the policy, and leaves every other byte alone', async () => {
    const apply = filter();
    expect(await apply(STREAM)).toEqual({ code: 0, stdout: APPLIED, stderr: '' });
    expect(await apply(APPLIED)).toEqual({ code: 0, stdout: APPLIED, stderr: '' });
  });

  it.each([
    ['Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['no final line break', (text: string) => text.trimEnd()],
    ['empty documents around', (text: string) => `---\n---\n# nothing\n---\n${text}---\n`],
  ])('keeps %s', async (_, change) => {
    expect(await filter()(change(STREAM))).toEqual({ code: 0, stdout: change(APPLIED), stderr: '' });
  });

  it.each(['', '\n', '# nothing\n', '---\n', '\ufeff'])('gives back %j', async (text) => {
    expect(await filter()(text)).toEqual({ code: 0, stdout: text, stderr: '' });
  });

  it('writes into lists, of one kind too, and lists in lists', async () => {
    const list = (kind: string, image: string, extra: string) =>
      `apiVersion: v1\nkind: ${kind}\nitems:\n- ${extra}metadata: {name: a${labels(image)}}\n  spec: {containers: [{name: a, image: ${image}}]}\n- kind: List\n  apiVersion: v1\n  items: []\n`;
    const labels = (image: string) => (image === 'busybox' ? '' : ', labels: {patchway.dev/policy: shop, patchway.dev/stage: production}');
    const apply = filter();
    const pod = 'apiVersion: v1\n  kind: Pod\n  ';
    expect((await apply(list('List', 'busybox', pod))).stdout).toBe(list('List', `"${BUSYBOX}"`, pod));
    expect((await apply(list('PodList', 'busybox', ''))).stdout).toBe(list('PodList', `"${BUSYBOX}"`, ''));
  });

  it('writes JSON into JSON', async () => {
    const json = (image: string, labels: object) => ({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', ...labels }, spec: { containers: [{ image, name: 'a' }] } }],
    });
    const wanted = json(BUSYBOX, { labels: { 'patchway.dev/policy': 'shop', 'patchway.dev/stage': 'production' } });
    const apply = filter();
    for (const indent of [undefined, 2, '\t']) {
      const { stdout } = await apply(JSON.stringify(json('busybox', {}), null, indent));
      expect(JSON.parse(stdout)).toEqual(wanted);
      expect((await apply(stdout)).stdout).toBe(stdout);
    }
  });

  it('reads numbers as Kubernetes does', async () => {
    const { stdout, code } = await filter()(POD('busybox', '  volumes: [{name: v, secret: {secretName: s, defaultMode: 0644}}]\n'));
    expect(code).toBe(0);
    expect(stdout).toContain('defaultMode: 0644');
  });

  it('says what it leaves alone, and why', async () => {
    const hook = POD('unknown:1').replace('name: p', 'name: p\n  annotations: {helm.sh/hook: test}');
    const ignored = POD('unknown:1').replace('name: p', 'name: p\n  annotations: {patchway.dev/ignore: vendored}');
    expect(await filter()(`${hook}---\n${ignored}`)).toEqual({
      code: 0,
      stdout: `${hook}---\n${ignored}`,
      stderr: [
        'note: standard input:1:1 Pod/p: It is left as it is. Helm runs it as a hook (test).\n',
        'note: standard input:11:1 Pod/p: It is left as it is, as it says itself: vendored\n',
      ].join(''),
    });
  });

  it('warns of a setting that differs from the policy', async () => {
    const { code, stderr, stdout } = await filter()(STREAM.replace('replicas: 2 # enough', 'replicas: 2\n  minReadySeconds: 60'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: standard input:17:1 Deployment\/web spec\.minReadySeconds: /);
    expect(stdout).toContain('  minReadySeconds: 60\n');
  });

  it('warns that a Rollout is missing that it cannot add, and of none that is there', async () => {
    const canary = filter({ 'p.yaml': POLICY.replace('rollout: {', 'rollout: {strategy: canary, ') });
    const { code, stderr } = await canary(STREAM);
    expect(code).toBe(0);
    expect(stderr).toMatch(/Deployment\/web: rollout\.strategy canary needs a Rollout beside it, and this filter adds no objects/);
    const spec = 'spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}';
    const rollout = `---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\n${spec}\n`;
    const beside = await canary(STREAM.replace('...\n', rollout));
    expect(beside.code).toBe(0);
    expect(beside.stderr).not.toContain('needs a Rollout');
  });
});

describe('what is wrong', () => {
  it.each([
    ['YAML', 'a: [', /standard input:1:\d+ This is not YAML/],
    ['a repeated key', POD('busybox', 'spec: 1\n'), /standard input:9:1 This key is there already/],
    ['a template', POD('{{ .Values.image }}'), /standard input:8:\d+ This is a template that was left unrendered/],
    [
      'a template of blocks',
      '{{- if .Values.web }}\napiVersion: v1\n{{- end }}\n',
      /standard input:1:\d+ This is a template that was left unrendered/,
    ],
    ['an alias of nothing', `${POD('busybox')}x: *gone\n`, /standard input:\d+:1 .*alias/i],
    ['another kind of file', '- a\n', /standard input:1:1 This is not a Kubernetes object: it has no apiVersion and no kind/],
    [
      'an image that is not locked',
      `# why\n${POD('redis:7')}`,
      /standard input:9:1 Pod\/p spec\.containers\[0\]\.image: .*redis:7 is not locked for stage production\. Add it with/,
    ],
    ['two of them', `${POD('redis:7')}---\n${POD('"redis:8"')}`, /redis:7 [\s\S]*redis:8 /],
    [
      'a place that cannot be edited',
      POD('busybox').replace('metadata:\n  name: p', '? metadata\n: name: p'),
      /standard input:4:1 .*write it plainly/,
    ],
  ])('%s', async (_, text, message) => {
    const { code, stdout, stderr } = await filter()(text);
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it.each([
    ['no such stage', {}, ['p.yaml', '--stage', 'prod'], /prod\b.*production/],
    ['no policy', {}, ['none.yaml', '--stage', 'production'], /none\.yaml/],
    [
      'an invalid policy',
      { 'p.yaml': POLICY.replace('17 3', '99 3') },
      ['p.yaml', '--stage', 'production'],
      /p\.yaml:2:\d+ scan\.schedule/,
    ],
    ['no lock', {}, ['p.yaml', '--stage', 'production', '--lock', 'none.yaml'], /none\.yaml: the image lock cannot be read/],
    [
      'a lock that is wrong',
      { 'images.lock.yaml': LOCK.replace('schemaVersion: 1', 'schemaVersion: 2') },
      ['p.yaml', '--stage', 'production'],
      /schemaVersion/,
    ],
  ])('%s', async (_, files, args, message) => {
    for (const text of ['', POD('busybox')]) {
      const { code, stdout, stderr } = await filter(files)(text, args);
      expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
      expect(stderr).toMatch(message);
    }
  });

  it('tells of policy, lock and stream together', async () => {
    const { stderr } = await filter({ 'p.yaml': 'name: 3\n', 'images.lock.yaml': 'schemaVersion: 2\n' })('a: [');
    expect(stderr).toMatch(/p\.yaml:1[\s\S]*images\.lock\.yaml:1[\s\S]*standard input:1/);
  });

  it.each([
    ['the policy and --stage', []],
    ['--stage', ['p.yaml']],
    ['the policy', ['--stage', 'production']],
  ])('is called without %s', async (missing, args) => {
    expect(await filter()('', args)).toMatchObject({
      code: 64,
      stdout: '',
      stderr: expect.stringContaining(`name ${missing}: patchway apply-policy`),
    });
  });

  it('is not UTF-8', () => {
    expect(() => utf8(Buffer.from('name: \xff', 'latin1'))).toThrow('not UTF-8');
    expect(utf8(Buffer.from('\ufeffé'))).toBe('\ufeffé');
  });
});

describe('patchway init --helm-plugin', () => {
  it('writes a plugin, and its next version over it', async () => {
    const { run, read, list } = sandbox();
    for (const _ of [1, 2])
      expect(await run('init', '--helm-plugin', 'plugin')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('helm plugin install plugin'),
      });
    expect(list()).toEqual(['plugin', 'plugin/plugin.yaml']);
    expect(read('plugin/plugin.yaml')).toBe(
      'apiVersion: v1\ntype: postrenderer/v1\nname: patchway\nversion: "1.2.3"\nruntime: subprocess\nruntimeConfig:\n  platformCommand:\n    - command: patchway\n      args:\n        - apply-policy\n',
    );
  });
});

describe('examples/adopt-yaml', () => {
  const directory = fileURLToPath(new URL('../../examples/adopt-yaml', import.meta.url));

  it.each(['shop', 'reports'])('puts %s.yaml under its policy', async (name) => {
    const text = readFileSync(join(directory, `kustomize/base/${name}.yaml`), 'utf8');
    const apply = (stdin: string) => runIn(directory, ['apply-policy', 'patch-policy.yaml', '--stage', 'production'], {}, stdin);
    const applied = await apply(text);
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout.match(/image: .*/g)).toEqual(
      text
        .match(/image: .*/g)
        ?.map(() => expect.stringMatching(/^image: "?registry\.acme\.example\/bookshop\/\w+:1[^@]*@sha256:[0-9a-f]{64}/)),
    );
    expect(applied.stdout.match(/#.*/g)).toEqual(text.match(/#.*/g));
    expect(await apply(applied.stdout)).toEqual(applied);
  });
});
