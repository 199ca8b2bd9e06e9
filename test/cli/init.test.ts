import { describe, expect, it } from 'vitest';
import { parseLock } from '../../src/lock/parse.js';
import { loadPolicy } from '../../src/policy/load.js';
import { sandbox } from './fake-io.js';

const FILES = ['images.lock.yaml', 'main.ts', 'patch-policy.yaml'];

describe('patchway init', () => {
  it('writes a policy without a fault, a lock and an app', async () => {
    const box = sandbox();
    const { code, stdout, stderr } = await box.run('init');
    expect([code, stderr]).toEqual([0, '']);
    expect(box.list()).toEqual(FILES);
    for (const file of FILES) expect(stdout).toContain(`${file}: `);
    expect(loadPolicy(`${box.cwd}/patch-policy.yaml`).warnings).toEqual([]);
    expect(await box.run('validate', 'patch-policy.yaml')).toEqual({ code: 0, stdout: '', stderr: 'patch-policy.yaml: valid\n' });
    expect(box.read('patch-policy.yaml')).toMatch(/^# .+/);
    expect(Object.keys(parseLock(box.read('images.lock.yaml'), 'lock').tools).sort()).toEqual(['agent', 'grype', 'trivy']);
  });

  it('leads to a synthesis that asks for digests', async () => {
    const box = sandbox({ 'web.yaml': WEB });
    await box.run('init');
    const { code, stderr } = await box.run('synth', 'patch-policy.yaml', '-w', 'web.yaml');
    expect(code).toBe(65);
    expect(stderr).toContain('ghcr.io/acme/web:1.4 is not locked for stage staging. Add it with `patchway lock update');
    expect(stderr).toMatch(/the lock has no digest for agent .*Run `patchway lock update`/);
    expect(stderr).toMatch(/the lock has no digest for grype/);
  });

  it('writes into a directory of that name', async () => {
    const box = sandbox();
    expect((await box.run('init', 'infra/patching')).stdout).toContain('infra/patching/patch-policy.yaml: ');
    expect(box.list('infra/patching')).toEqual(FILES);
  });

  it('overwrites nothing', async () => {
    const box = sandbox({ 'main.ts': 'mine' });
    const { code, stdout, stderr } = await box.run('init');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('main.ts exists already: nothing was written');
    expect(box.list()).toEqual(['main.ts']);
    expect(box.read('main.ts')).toBe('mine');
  });
});

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/web:1.4
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /healthz, port: 8080}}
`;
