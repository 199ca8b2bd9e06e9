import { describe, expect, it } from 'vitest';
import { names } from '../../src/manifest/names.js';
import { remedyFor, webhooksOf } from '../../src/manifest/remedy.js';
import { image, workload } from '../scan/fixture.js';

const APP = 'ghcr.io/acme/web:1';
const web = workload(
  'web',
  image('init', 'ghcr.io/acme/migrate:1', undefined, true),
  image('web', APP),
  image('proxy', 'docker.io/envoy:1'),
);
const rebuilt = { ...web, remedy: 'rebuild', base: 'alpine:3.19', rebuildWebhook: 'build-web' } as const;

describe('what is to be done about an image', () => {
  it.each([
    [[], 'Take a newer tag of the image'],
    [[web], 'Take a newer tag of the image'],
    [[rebuilt], 'Build the image again on a fixed base (alpine:3.19)'],
    [[{ ...web, remedy: 'rebuild' as const }], 'Build the image again on a fixed base'],
    [[{ ...web, remedy: 'copa' as const }], 'Patch the image with Copa'],
    [
      [{ ...web, remedy: 'copa' as const, buildkit: 'tcp://b:1' }],
      'Patch the image with Copa (CronJob patchway-copa-web of the first stage)',
    ],
  ])('is what its workload says: %j', (workloads, words) => {
    expect(remedyFor(workloads, APP)).toBe(words);
  });

  it('is a newer tag for sidecars and init containers, which mostly are somebody else’s', () => {
    expect(remedyFor([rebuilt], 'docker.io/envoy:1')).toBe('Take a newer tag of the image');
    expect(remedyFor([rebuilt], 'ghcr.io/acme/migrate:1')).toBe('Take a newer tag of the image');
  });

  it('is what the first by name says where several workloads run it', () => {
    const api = { ...workload('api', image('web', APP)), remedy: 'copa' as const };
    expect(remedyFor([rebuilt, api], APP)).toBe('Patch the image with Copa');
    expect(remedyFor([api, rebuilt], APP)).toBe('Patch the image with Copa');
  });
});

describe('who is asked for a build', () => {
  it('is named by workloads that are built anew, once each, in a first stage', () => {
    const updated = { ...rebuilt, remedy: 'update' as const, rebuildWebhook: 'other' };
    expect(webhooksOf({ after: [] }, [rebuilt, updated, { ...rebuilt, name: 'api' }, web])).toEqual(['build-web']);
    expect(webhooksOf({ after: ['staging'] }, [rebuilt])).toEqual([]);
  });
});

describe('the name of a CronJob that patches', () => {
  it('leaves room for the suffix of its Jobs, and stays unique', () => {
    const long = 'a-very-long-name-of-a-workload-that-somebody-gave';
    expect(names.copa('web')).toBe('patchway-copa-web');
    expect(names.copa(long).length).toBeLessThanOrEqual(52);
    expect(names.copa(`${long}-1`)).not.toBe(names.copa(`${long}-2`));
  });
});
