import { describe, expect, it } from 'vitest';
import { type BaseEvidence, baseEvidence } from '../../src/gate/base-evidence.js';
import { addScan } from '../../src/gate/build-evidence.js';
import { parseEvidence } from '../../src/gate/parse-evidence.js';
import type { BaseCheck } from '../../src/lock/base.js';

const AT = Date.parse('2026-11-21T09:00:00Z');
const DIGEST = `sha256:${'a'.repeat(64)}`;
const NAME = 'docker.io/library/alpine:3.19';
const found = (state: BaseCheck['state'], more: Partial<BaseCheck> = {}): BaseCheck => ({
  base: { repository: 'docker.io/library/alpine', tag: '3.19', from: 'workload' },
  state,
  ...more,
});
const newest = (releasedAt: string) => ({ newest: { digest: DIGEST, releasedAt } });
const behind = (since: string, name = NAME): BaseEvidence => ({ name, behind: true, behindSince: since });

describe('what is stored of a base', () => {
  it.each<{ what: string; check: BaseCheck | { failure: string } | undefined; earlier?: BaseEvidence; expected: BaseEvidence | undefined }>(
    [
      { what: 'nothing where nobody names one', check: undefined, earlier: behind('2026-11-01T00:00:00Z'), expected: undefined },
      {
        what: 'that it is current, and how old',
        check: found('current', { releasedAt: '2026-11-01T00:00:00Z' }),
        expected: { name: NAME, behind: false, releasedAt: '2026-11-01T00:00:00Z' },
      },
      { what: 'only its name where nobody can tell', check: found('unknown'), expected: { name: NAME } },
      {
        what: 'behind since the newer build',
        check: found('behind', newest('2026-11-20T00:00:00Z')),
        expected: behind('2026-11-20T00:00:00Z'),
      },
      {
        what: 'behind since now where that has no date',
        check: found('behind', { newest: { digest: DIGEST } }),
        expected: behind('2026-11-21T09:00:00Z'),
      },
      {
        what: 'behind since now where that is of tomorrow',
        check: found('behind', newest('2026-11-22T00:00:00Z')),
        expected: behind('2026-11-21T09:00:00Z'),
      },
      {
        what: 'behind since the first newer build, not since the last',
        check: found('behind', newest('2026-11-20T00:00:00Z')),
        earlier: behind('2026-11-01T00:00:00Z'),
        expected: behind('2026-11-01T00:00:00Z'),
      },
      {
        what: 'anew where another base is named',
        check: found('behind', newest('2026-11-20T00:00:00Z')),
        earlier: behind('2026-11-01T00:00:00Z', 'docker.io/library/debian:12'),
        expected: behind('2026-11-20T00:00:00Z'),
      },
      {
        what: 'what was known where it could not be asked',
        check: { failure: 'away' },
        earlier: behind('2026-11-01T00:00:00Z'),
        expected: behind('2026-11-01T00:00:00Z'),
      },
      { what: 'nothing where it never could be', check: { failure: 'away' }, expected: undefined },
    ],
  )('is $what', ({ check, earlier, expected }) => {
    expect(baseEvidence(check, earlier, AT)).toEqual(expected);
  });

  it('goes through evidence and back, from scan to scan', () => {
    const scan = { policy: { hash: 'abc' }, repository: 'ghcr.io/acme/web', digest: DIGEST, platforms: {}, runs: [], findings: [] };
    const first = addScan(undefined, { ...scan, scannedAt: AT, base: found('behind', newest('2026-11-01T00:00:00Z')) });
    const stored = parseEvidence(JSON.stringify(first));
    expect(stored).toEqual(first);
    const second = addScan(stored, { ...scan, scannedAt: AT + 86_400_000, base: found('behind', newest('2026-11-21T23:00:00Z')) });
    expect(second.digests[DIGEST]?.base).toEqual(behind('2026-11-01T00:00:00Z'));
    const rebuilt = addScan(second, { ...scan, scannedAt: AT + 2 * 86_400_000, base: found('current') });
    expect(rebuilt.digests[DIGEST]?.base).toEqual({ name: NAME, behind: false });
    expect(() => parseEvidence(JSON.stringify(first).replace(`"name":"${NAME}",`, ''))).toThrow('name');
  });
});
