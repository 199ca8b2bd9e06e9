import { describe, expect, it } from 'vitest';
import { gateSarif } from '../../src/cli/gate-sarif.js';
import type { JudgedFinding } from '../../src/gate/finding.js';
import { due, EVIL, excepted, ignored, image, overdue, reported, resultOf } from './gate-results.js';

const WEB = 'ghcr.io/acme/web:1.4.2';
const runOf = (images: Parameters<typeof resultOf>[0], warnings: readonly string[] = []) => {
  const log = JSON.parse(gateSarif(resultOf(images, warnings)));
  expect(log).toMatchObject({ version: '2.1.0', runs: [{}] });
  return log.runs[0];
};
const only = (finding: JudgedFinding, name = WEB) => {
  const { results, tool } = runOf([image(name, [finding])]);
  return { result: results[0], rule: tool.driver.rules[0] };
};

describe('SARIF', () => {
  it.each([
    ['overdue', overdue(), 'error'],
    ['due', due(), 'warning'],
    ['reported', reported(), 'note'],
  ])('makes of a finding that is %s a result of its own level', (state, finding, level) => {
    expect(only(finding).result).toMatchObject({ ruleId: finding.id, ruleIndex: 0, level, properties: { state } });
  });

  it('says what to do and by when, in which image', () => {
    expect(only(due()).result.message.text).toBe(
      'openssl in ghcr.io/acme/web:1.4.2: update openssl 3.1.4-r5 to 3.1.6-r0; due by 2026-12-01T00:00:00Z (because).',
    );
  });

  it('leaves out what is excused, as GitHub would open an alert for it', () => {
    const { results, tool } = runOf([image(WEB, [excepted(), ignored(), due()])]);
    expect(results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(['CVE-2026-0002']);
    expect(tool.driver.rules).toHaveLength(1);
  });

  it('has one rule for a vulnerability in several packages and images, with the worst severity', () => {
    const { results, tool } = runOf([
      image(WEB, [overdue({ severity: 'medium' })]),
      image('ghcr.io/acme/api:2', [overdue({ package: 'curl', severity: 'critical', exploited: true })]),
      image('ghcr.io/acme/job:2', [due()]),
    ]);
    expect(tool.driver.rules).toHaveLength(2);
    expect(results.map(({ ruleIndex }: { ruleIndex: number }) => ruleIndex)).toEqual([0, 0, 1]);
    expect(tool.driver.rules[0]).toMatchObject({
      id: 'CVE-2026-0001',
      shortDescription: { text: 'CVE-2026-0001: critical vulnerability that is known to be exploited' },
      fullDescription: { text: expect.stringContaining('in curl, openssl.') },
      helpUri: 'https://nvd.nist.gov/vuln/detail/CVE-2026-0001',
      properties: { tags: ['security', 'vulnerability', 'critical', 'exploited'], 'security-severity': '9.5' },
    });
  });

  it.each<[JudgedFinding['severity'], number | undefined, string | undefined]>([
    ['critical', undefined, '9.5'],
    ['critical', 9.8, '9.8'],
    ['critical', 7.5, '9.5'],
    ['high', 7.5, '7.5'],
    ['high', 9.8, '8.0'],
    ['medium', 5, '5.0'],
    ['medium', undefined, '5.5'],
    ['low', undefined, '2.0'],
    ['unknown', 9.8, undefined],
  ])('ranks %s with score %s as %s, so that GitHub shows the same severity', (severity, score, expected) => {
    const cvss = score === undefined ? {} : { cvss: [{ vector: 'CVSS:3.1/AV:N', score }] };
    expect(only(overdue({ severity, ...cvss })).rule.properties['security-severity']).toBe(expected);
  });

  it('has fingerprints and paths that outlive a new tag and a new version, and differ otherwise', () => {
    const of = (finding: JudgedFinding, name?: string) => {
      const { result } = only(finding, name);
      return { ...result.partialFingerprints, uri: result.locations[0].physicalLocation.artifactLocation.uri };
    };
    const first = of(overdue());
    expect(first.primaryLocationLineHash).toMatch(/^[0-9a-f]{32}:1$/);
    expect(first.uri).toBe('ghcr.io/acme/web');
    expect(of(due({ id: 'CVE-2026-0001', version: '3.1.5-r0' }), 'ghcr.io/acme/web:1.4.3')).toEqual(first);
    for (const other of [of(overdue({ id: 'CVE-1' })), of(overdue({ package: 'curl' })), of(overdue(), 'ghcr.io/acme/api:1.4.2')]) {
      expect(other.primaryLocationLineHash).not.toBe(first.primaryLocationLineHash);
    }
  });

  it.each([
    ['10.244.0.1:5000/web:1', '10.244.0.1%3A5000/web'],
    ['/work/my image.tar', 'work/my%20image.tar'],
    ['nginx', 'docker.io/library/nginx'],
  ])('writes %s as the relative reference %s', (name, uri) => {
    expect(only(overdue(), name).result.locations[0].physicalLocation.artifactLocation).toEqual({ uri });
  });

  it('tells of unknown verdicts and warnings beside the results', () => {
    const unknown = image(WEB, [], { verdict: 'unknown', allowed: false, reason: 'there is no report' });
    const { invocations, properties, results } = runOf([unknown], ['be careful']);
    expect([results, properties.allowed]).toEqual([[], false]);
    expect(invocations[0].toolExecutionNotifications).toEqual([
      { level: 'error', message: { text: 'ghcr.io/acme/web:1.4.2 is unknown: there is no report' } },
      { level: 'warning', message: { text: 'be careful' } },
    ]);
  });

  it('holds no more than GitHub keeps, the most urgent of all images', () => {
    const rest = Array.from({ length: 5_000 }, (_, index) => reported({ id: `CVE-2026-1${index}` }));
    const { invocations, results, tool } = runOf([image('ghcr.io/acme/api:2', [due(), ...rest]), image(WEB, [...rest, overdue()])]);
    expect([results.length, results[0].level, results[1].level, results[2].level]).toEqual([5_000, 'error', 'warning', 'note']);
    expect(tool.driver.rules.length).toBeLessThanOrEqual(5_000);
    const words = '5002 less urgent findings are left out; --format json lists them';
    expect(invocations[0].toolExecutionNotifications).toEqual([{ level: 'warning', message: { text: words } }]);
  });

  it('takes no placeholder or link from a report', () => {
    const { text } = only(overdue({ package: EVIL })).result.message;
    expect(text).toContain('\\[a\\](');
    expect(text).toContain('{{0}}');
  });
});
