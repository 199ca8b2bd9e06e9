import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sandbox } from './fake-io.js';

const FIXTURES = fileURLToPath(new URL('../gate/fixtures/', import.meta.url));
const POLICY = JSON.stringify({
  name: 'storefront',
  scan: { schedule: '17 3 * * *', scanners: [{ kind: 'grype' }, { kind: 'trivy' }] },
  gate: { deadlines: { critical: '7d', high: '14d', medium: '90d', low: '180d' }, exploited: { deadline: '3d' } },
  stages: [{ name: 'staging', namespace: 'storefront-staging' }],
});

const gate = (versions: readonly string[], ...options: readonly string[]) => {
  const reports = versions.flatMap((version) => ['grype', 'trivy'].map((kind) => `${FIXTURES}${kind}-web-${version}.json`));
  return sandbox({ 'policy.json': POLICY }).run('gate', '-p', 'policy.json', '-r', ...reports, ...options);
};

describe('patchway gate --format', () => {
  it.each([
    ['text', /^FAIL 10\.244\.0\.1:5000\/web:1\.0\.0: 7 findings/, /^PASS 10\.244\.0\.1:5000\/web:1\.0\.2/m],
    ['json', /^\{\n {2}"schemaVersion": 1,/, /"image": "10\.244\.0\.1:5000\/web:1\.0\.2"/],
    ['sarif', /^\{\n {2}"\$schema": "https:\/\/json\.schemastore\.org\/sarif-2\.1\.0\.json"/, /in 10\.244\.0\.1:5000\/web:1\.0\.2: no fix/],
    [
      'junit',
      /^<\?xml [^\n]*\n<testsuites name="patchway storefront" tests="11" failures="7" errors="0" skipped="0">/,
      /web:1\.0\.2" tests="2"/,
    ],
    ['markdown', /^<!-- patchway gate: storefront -->\n\n### The gate is closed: 1 of 2 images/, /web:1\.0\.2<\/code> pass/],
  ])('%s judges two images from four reports', async (format, start, other) => {
    const { code, stdout } = await gate(['1.0.2', '1.0.0'], '--format', format);
    expect(code).toBe(2);
    expect(stdout).toMatch(start);
    expect(stdout).toMatch(other);
    expect((await gate(['1.0.2'], '--format', format)).code).toBe(0);
  });

  it('refuses another one, and names those that there are', async () => {
    const { code, stdout, stderr } = await gate(['1.0.2'], '--format', 'html');
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain('there are text, json, sarif, junit, markdown.');
  });
});
