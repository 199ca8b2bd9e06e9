import { describe, expect, it } from 'vitest';
import { gateJunit } from '../../src/cli/gate-junit.js';
import { due, EVIL, excepted, ignored, image, overdue, reported, resultOf } from './gate-results.js';

const WEB = 'ghcr.io/acme/web:1.4.2';
const junit = (...images: Parameters<typeof resultOf>[0]) => gateJunit(resultOf(images));

describe('JUnit', () => {
  it('has a suite per image, a case per finding, and fails on what is overdue', () => {
    expect(junit(image(WEB, [overdue(), due(), reported(), excepted(), ignored()]))).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="patchway storefront" tests="6" failures="1" errors="0" skipped="2">
  <testsuite name="${WEB}" tests="6" failures="1" errors="0" skipped="2" timestamp="2026-11-21T09:00:00">
    <testcase classname="${WEB}" name="verdict">
      <system-out>1 overdue</system-out>
    </testcase>
    <testcase classname="${WEB}" name="CVE-2026-0001 in openssl">
      <failure message="overdue since 2026-11-01T00:00:00Z (high): update openssl 3.1.4-r5 to 3.1.6-r0" type="overdue">because</failure>
    </testcase>
    <testcase classname="${WEB}" name="CVE-2026-0002 in openssl">
      <system-out>due by 2026-12-01T00:00:00Z (high): update openssl 3.1.4-r5 to 3.1.6-r0&#10;because</system-out>
    </testcase>
    <testcase classname="${WEB}" name="CVE-2026-0003 in openssl">
      <system-out>reported (high): no fix for openssl 3.1.4-r5 yet: replace it, or wait for one&#10;no fix yet: reported only</system-out>
    </testcase>
    <testcase classname="${WEB}" name="CVE-2026-0004 in openssl">
      <skipped message="accepted by sec@acme.example until 2026-12-01T00:00:00Z: not reachable"/>
    </testcase>
    <testcase classname="${WEB}" name="CVE-2026-0005 in openssl">
      <skipped message="not affected: code not present (acme.vex.json)"/>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it.each([
    ['an error where it closes the gate', false, 'errors="1" skipped="0"', '<error message="there is no report" type="unknown"/>'],
    ['skipped where the policy lets it through', true, 'errors="0" skipped="1"', '<skipped message="there is no report"/>'],
  ])('makes of an unknown verdict %s', (_, allowed, totals, outcome) => {
    const xml = junit(image(WEB, [], { verdict: 'unknown', allowed, reason: 'there is no report' }));
    expect(xml).toContain(`<testsuites name="patchway storefront" tests="1" failures="0" ${totals}>`);
    expect(xml).toContain(outcome);
  });

  it('fails the verdict itself where no finding explains it', () => {
    const xml = junit(image(WEB, [due()], { verdict: 'fail', allowed: false, reason: 'the distribution has ended' }));
    expect(xml).toContain('<failure message="the distribution has ended" type="fail"/>');
  });

  it('adds up several images', () => {
    const xml = junit(image(WEB, [overdue()]), image('ghcr.io/acme/api:2', [overdue(), due()]));
    expect(xml).toContain('<testsuites name="patchway storefront" tests="5" failures="2" errors="0" skipped="0">');
    expect(xml.match(/<testsuite /g)).toHaveLength(2);
  });

  it('gives two versions of a package two names', () => {
    const xml = junit(image(WEB, [overdue(), overdue({ version: '3.0' })]));
    expect(xml).toContain('name="CVE-2026-0001 in openssl"');
    expect(xml).toContain('name="CVE-2026-0001 in openssl (2)"');
  });

  it('escapes what a report says, and leaves out what XML cannot hold', () => {
    const xml = junit(image(EVIL, [overdue({ package: EVIL, reason: EVIL }), ignored({ package: EVIL })]));
    expect(xml).not.toMatch(/<script|\]\]>|[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
    expect(xml).toContain('x??[2J&#10;|&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;]]&gt;&amp;amp;');
    expect(xml.replace(/<[^<>]*>/g, '')).not.toContain('<');
  });
});
