import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sandbox } from './fake-io.js';
import { FORMATS, image, overdue, reported, resultOf } from './gate-results.js';

const WEB = 'ghcr.io/acme/web:1.4.2';
const REBUILD = { remedy: 'rebuild', words: 'Build the image again on a fixed base (alpine:3.19)' } as const;
const withRemedy = (remedy: 'update' | 'rebuild' | 'copa', purls?: readonly string[]) => ({
  ...image(WEB, [overdue(purls === undefined ? {} : { purls })]),
  remedy: { ...REBUILD, remedy },
});

describe('a verdict', () => {
  it.each(Object.keys(FORMATS))('says as %s what its workload asks for, and nothing without one', (format) => {
    const print = FORMATS[format]!;
    expect(print(resultOf([withRemedy('rebuild')]))).toContain('Build the image again on a fixed base');
    expect(print(resultOf([image(WEB, [overdue()])]))).not.toMatch(/image again|newer tag/);
  });

  it('that is not red asks for nothing', () => {
    expect(FORMATS.text!(resultOf([{ ...image(WEB, [reported()]), remedy: REBUILD }]))).not.toContain('to do');
  });

  it('names it above the findings', () => {
    expect(FORMATS.text!(resultOf([withRemedy('rebuild')]))).toContain(
      `FAIL ${WEB}: 1 overdue
  to do    Build the image again on a fixed base (alpine:3.19).
  overdue  CVE-2026-0001 in openssl (high): update openssl 3.1.4-r5 to 3.1.6-r0 by building the image again on a fixed base
`,
    );
  });

  it.each([
    ['update', ['pkg:npm/openssl@3.1.4'], 'to 3.1.6-r0 with a newer tag of the image\n'],
    ['rebuild', ['pkg:apk/alpine/openssl@3.1.4'], 'to 3.1.6-r0 by building the image again on a fixed base\n'],
    ['rebuild', [], 'to 3.1.6-r0 by building the image again on a fixed base\n'],
    ['rebuild', ['pkg:npm/openssl@3.1.4'], 'to 3.1.6-r0 where it is declared, and build the image again\n'],
    ['copa', ['pkg:deb/debian/openssl@3.1.4'], 'to 3.1.6-r0 by patching the image with Copa\n'],
    ['copa', ['pkg:golang/openssl@3.1.4'], 'to 3.1.6-r0 with a newer tag of the image: Copa leaves it as it is\n'],
  ] as const)('says for %s and a package %j how it is done', (remedy, purls, words) => {
    expect(FORMATS.text!(resultOf([withRemedy(remedy, purls)]))).toContain(words);
  });
});

describe('patchway gate --workloads', () => {
  const POLICY = JSON.stringify({
    name: 'storefront',
    scan: { schedule: '17 3 * * *', scanners: [{ kind: 'trivy' }] },
    gate: { deadlines: { critical: '7d', high: '14d', medium: '90d', low: '180d' } },
    stages: [{ name: 'staging', namespace: 'storefront-staging' }],
  });
  const REPORT = readFileSync(new URL('../gate/fixtures/trivy-web-1.0.0.json', import.meta.url), 'utf8');
  const DIGEST = 'sha256:f4ca163f36182c6fc3ff305e7d544b1a78ceb651ebef8a13754f389be00b1dfd';
  const LOCK = `schemaVersion: 1
images:
  10.244.0.1:5000/web:1:
    staging: {tag: 1.0.0, digest: "${DIGEST}", releasedAt: 2026-11-10T09:00:00Z, releasedFrom: config}
`;
  const workload = (name: string, reference: string, annotations: string, more = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, annotations: {${annotations}}}
spec: {template: {spec: {containers: [{name: web, image: "${reference}"}${more}]}}}
---
`;
  const gate = async (manifests: string, ...options: readonly string[]) => {
    const box = sandbox({ 'policy.json': POLICY, 'trivy.json': REPORT, 'k8s.yaml': manifests, 'images.lock.yaml': LOCK });
    const args = ['gate', '-p', 'policy.json', '-r', 'trivy.json', '-w', 'k8s.yaml', '--format', 'json'];
    const { code, stdout, stderr } = await box.run(...args, ...options);
    return { code, stderr, image: stdout === '' ? undefined : JSON.parse(stdout).images[0] };
  };
  const rebuild = '"patchway.dev/remedy": rebuild, "patchway.dev/base": "alpine:3.19"';

  it.each([
    ['by the same tag', '10.244.0.1:5000/web:1.0.0', []],
    ['by another tag of its repository', '10.244.0.1:5000/web:2', []],
    ['by its digest', `10.244.0.1:5000/web@${DIGEST}`, []],
    ['by the lock’s key', '10.244.0.1:5000/web:1', ['-l', 'images.lock.yaml']],
  ])('finds what the image’s workload asks for, %s', async (_how, reference, options) => {
    const { code, image: judged } = await gate(workload('web', reference, rebuild), ...options);
    expect(code).toBe(2);
    expect(judged).toMatchObject({ remedy: 'rebuild', action: 'Build the image again on a fixed base (alpine:3.19).' });
    expect(judged.findings[0].action).toMatch(/^update .* by building the image again on a fixed base$/);
  });

  it('prefers the workload that names the very image', async () => {
    const manifests =
      workload('next', '10.244.0.1:5000/web:2', '"patchway.dev/remedy": copa') + workload('web', '10.244.0.1:5000/web:1.0.0', rebuild);
    expect((await gate(manifests)).image.remedy).toBe('rebuild');
  });

  it('takes a newer tag for what a workload without a word runs', async () => {
    const { image: judged } = await gate(workload('web', '10.244.0.1:5000/web:1.0.0', ''));
    expect(judged).toMatchObject({ remedy: 'update', action: 'Take a newer tag of the image.' });
  });

  it.each([
    ['runs another image', workload('web', '10.244.0.1:5000/api:1.0.0', rebuild)],
    ['has it as a sidecar', workload('web', 'ghcr.io/acme/own:1', rebuild, ', {name: side, image: "10.244.0.1:5000/web:1.0.0"}')],
  ])('says nothing where the workload %s', async (_what, manifests) => {
    expect((await gate(manifests)).image).toMatchObject({ remedy: null, action: null });
  });

  it('refuses what cannot be meant, with its place', async () => {
    const { code, stderr } = await gate(workload('web', 'web:1', '"patchway.dev/remedy": rebiuld'));
    expect(code).toBe(65);
    expect(stderr).toContain('k8s.yaml:1:1 Deployment/web metadata.annotations["patchway.dev/remedy"]: This is no remedy.');
    expect((await gate('nothing: here\n')).code).toBe(65);
  });
});
