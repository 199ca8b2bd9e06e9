import { describe, expect, it } from 'vitest';
import { pullSecretsOf } from '../../src/manifest/pull-secrets.js';
import { scanTargets } from '../../src/manifest/workload.js';
import { image, workload } from '../scan/fixture.js';

describe('the Secrets that pods are pulled with', () => {
  const deployment = (imagePullSecrets: unknown) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { template: { spec: { containers: [], imagePullSecrets } } },
  });

  it.each([
    ['none', undefined, []],
    ['one', [{ name: 'a' }], ['a']],
    ['several, each once and sorted', [{ name: 'b' }, { name: 'a' }, { name: 'b' }], ['a', 'b']],
    ['what is no name left out', [{}, { name: '' }, 'a', { name: 7 }, null], []],
    ['no list', 'a', []],
  ])('%s', (_name, given, expected) => {
    expect(pullSecretsOf(deployment(given))).toEqual(expected);
  });

  it('are found where a CronJob has its pods', () => {
    const template = { spec: { containers: [], imagePullSecrets: [{ name: 'a' }] } };
    const spec = { jobTemplate: { spec: { template } } };
    expect(pullSecretsOf({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'nightly' }, spec })).toEqual(['a']);
  });

  it('are, for an image, those of every workload that runs it', () => {
    const [web, db] = [image('web', 'ghcr.io/acme/web:1'), image('db', 'ghcr.io/acme/db:1')];
    const targets = scanTargets([
      { ...workload('one', web), pullSecrets: ['b'] },
      { ...workload('two', web), pullSecrets: ['a', 'b'] },
      workload('three', db),
    ]);
    expect(targets.map(({ repository, pullSecrets }) => [repository, pullSecrets])).toEqual([
      ['ghcr.io/acme/db', undefined],
      ['ghcr.io/acme/web', ['a', 'b']],
    ]);
  });
});
