import { describe, expect, it } from 'vitest';
import { baseName, baseState, namedBase } from '../../src/lock/base.js';
import { digest } from './support.js';

const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';
const ALPINE = { repository: 'docker.io/library/alpine', tag: '3.19' };

type Values = Readonly<Record<string, string>>;

describe('the base of an image', () => {
  it.each<{ what: string; annotations?: Values; labels?: Values; declared?: string; expected: object | undefined }>([
    { what: 'nobody names', expected: undefined },
    { what: 'its annotations name', annotations: { [NAME]: 'alpine:3.19' }, expected: { ...ALPINE, from: 'annotation' } },
    {
      what: 'its annotations name with a digest',
      annotations: { [NAME]: 'docker.io/library/alpine:3.19', [DIGEST]: digest('a') },
      labels: { [NAME]: 'debian:12' },
      expected: { ...ALPINE, digest: digest('a'), from: 'annotation' },
    },
    {
      what: 'its labels name, the digest in the name',
      labels: { [NAME]: `alpine:3.19@${digest('b')}`, [DIGEST]: digest('a') },
      expected: { ...ALPINE, digest: digest('b'), from: 'label' },
    },
    {
      what: 'is named by digest alone',
      labels: { [NAME]: `alpine@${digest('b')}` },
      expected: { repository: ALPINE.repository, digest: digest('b'), from: 'label' },
    },
    { what: 'is nothing', annotations: { [NAME]: 'scratch', [DIGEST]: digest('a') }, labels: {}, expected: undefined },
    { what: 'has a name that is none', annotations: { [NAME]: 'Not Good' }, expected: undefined },
    {
      what: 'has a digest that is none',
      annotations: { [NAME]: 'alpine:3.19', [DIGEST]: 'latest' },
      expected: { ...ALPINE, from: 'annotation' },
    },
    { what: 'has a digest but no name', annotations: { [DIGEST]: digest('a') }, expected: undefined },
    { what: 'the workload names', declared: 'alpine:3.19', expected: { ...ALPINE, from: 'workload' } },
    {
      what: 'the workload and the image name alike',
      declared: 'alpine:3.19',
      annotations: { [NAME]: 'docker.io/library/alpine:3.19', [DIGEST]: digest('a') },
      expected: { ...ALPINE, digest: digest('a'), from: 'workload' },
    },
    {
      what: 'the workload names otherwise: the digest is another image',
      declared: 'alpine:3.19',
      annotations: { [NAME]: 'alpine:3.18', [DIGEST]: digest('a') },
      expected: { ...ALPINE, from: 'workload' },
    },
    {
      what: 'the workload names with a digest',
      declared: `alpine:3.19@${digest('c')}`,
      annotations: { [NAME]: 'alpine:3.19', [DIGEST]: digest('a') },
      expected: { ...ALPINE, digest: digest('c'), from: 'workload' },
    },
    { what: 'the workload says is nothing', declared: 'scratch', annotations: { [NAME]: 'alpine:3.19' }, expected: undefined },
  ])('$what', ({ annotations = {}, labels = {}, declared, expected }) => {
    expect(namedBase({ annotations, labels }, declared)).toEqual(expected);
  });

  it('is called by tag, else by digest', () => {
    expect(baseName({ ...ALPINE, from: 'label' })).toBe('docker.io/library/alpine:3.19');
    expect(baseName({ repository: 'a.b/c', digest: digest('a'), from: 'label' })).toBe(`a.b/c@${digest('a')}`);
  });
});

describe('an image is', () => {
  const newest = { digest: digest('a'), platforms: { 'linux/amd64': digest('b') }, layers: ['one', 'two'] };

  it.each<{ what: string; built?: string; layers?: readonly string[]; base?: object; expected: string }>([
    { what: 'built on the index', built: digest('a'), expected: 'current' },
    { what: 'built on the image of a platform', built: digest('b'), expected: 'current' },
    { what: 'built on something else', built: digest('c'), expected: 'behind' },
    { what: 'of the same layers and more', layers: ['one', 'two', 'three'], expected: 'current' },
    { what: 'of the same layers alone', layers: ['one', 'two'], expected: 'current' },
    { what: 'built on the same layers, pushed again', built: digest('c'), layers: ['one', 'two', 'three'], expected: 'current' },
    { what: 'of the digest, its layers made one', built: digest('a'), layers: ['all'], expected: 'current' },
    { what: 'of fewer layers', layers: ['one'], expected: 'behind' },
    { what: 'of other layers', layers: ['zero', 'two', 'three'], expected: 'behind' },
    { what: 'of the layers in another order', layers: ['two', 'one'], expected: 'behind' },
    { what: 'silent about both', expected: 'unknown' },
    { what: 'compared with a base that has no layers', layers: ['one'], base: { layers: [] }, expected: 'unknown' },
    { what: 'compared with a base that names none', layers: ['one'], base: { layers: undefined }, expected: 'unknown' },
  ])('$expected where it is $what', ({ built, layers, base, expected }) => {
    const named = { ...ALPINE, from: 'workload' as const, ...(built === undefined ? {} : { digest: built }) };
    expect(baseState(named, layers, { ...newest, ...base })).toBe(expected);
  });
});
