import { expect, it } from 'vitest';
import { sandbox } from './fake-io.js';

const SOUND = `name: shop
scan: {schedule: 17 3 * * *, scanners: [kind: grype]}
gate: {deadlines: {critical: 7d, high: 14d, medium: 30d, low: 90d}}
stages: [{name: production, namespace: shop}]
`;

it('says that a policy is valid', async () => {
  const { code, stdout, stderr } = await sandbox({ 'a.yaml': SOUND }).run('validate', 'a.yaml');
  expect([code, stdout, stderr]).toEqual([0, '', 'a.yaml: valid\n']);
});

it('prints warnings and still exits 0', async () => {
  const { code, stdout } = await sandbox({ 'a.yaml': SOUND.replace(', low: 90d', '') }).run('validate', 'a.yaml');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^a\.yaml:3:8: warning: gate\.deadlines: Findings of severity low/)]);
});

it('prints every problem of every file with its place, and exits 65', async () => {
  const files = { 'a.yaml': SOUND.replace('production', 'Production').replace('7d', 'soon'), 'b.yaml': '', 'c.yaml': SOUND };
  const { code, stdout, stderr } = await sandbox(files).run('validate', 'a.yaml', 'b.yaml', 'c.yaml', 'd.yaml');
  expect(code).toBe(65);
  expect(stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^a\.yaml:3:20: error: gate\.deadlines\.critical: This is not a duration\./),
    expect.stringMatching(/^a\.yaml:4:11: error: stages\[0\]\.name: /),
    'b.yaml:1:1: error: The file is empty.',
    'd.yaml: error: There is no such file.',
  ]);
  expect(stderr).toBe('a.yaml: invalid (2 errors)\nb.yaml: invalid (1 error)\nc.yaml: valid\nd.yaml: invalid (1 error)\n');
});
