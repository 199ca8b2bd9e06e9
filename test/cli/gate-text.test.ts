import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { due, EVIL, excepted, FORMATS, ignored, image, overdue, reported, resultOf } from './gate-results.js';

const WEB = 'ghcr.io/acme/web:1.4.2';
const text = (...images: Parameters<typeof resultOf>[0]) => FORMATS.text!(resultOf(images));

describe('text', () => {
  it('says what to do and by when, then who excused what, then what only is reported', () => {
    expect(text(image(WEB, [ignored(), overdue(), reported(), due(), excepted()]))).toBe(`FAIL ${WEB}: 1 overdue
  overdue  CVE-2026-0001 in openssl (high): update openssl 3.1.4-r5 to 3.1.6-r0
           was due 2026-11-01T00:00:00Z, 20d ago (because)
  due      CVE-2026-0002 in openssl (high): update openssl 3.1.4-r5 to 3.1.6-r0
           by 2026-12-01T00:00:00Z, in 9d (because)
  excepted CVE-2026-0004 in openssl (high): accepted by sec@acme.example until 2026-12-01T00:00:00Z: not reachable
  ignored  CVE-2026-0005 in openssl (high): not affected: code not present (acme.vex.json)
  reported CVE-2026-0003 in openssl (high): no fix yet: reported only

The gate is closed: 1 of 1 images may not pass (policy storefront, 2026-11-21T09:00:00Z).
`);
  });

  it('shows the most urgent image first, and until when an open gate stays open', () => {
    const out = text(image('ghcr.io/acme/b:1', [reported()]), image('ghcr.io/acme/a:1', [reported()]), image('ghcr.io/acme/c:1', [due()]));
    expect(out.match(/^PASS \S+/gm)).toEqual(['PASS ghcr.io/acme/c:1:', 'PASS ghcr.io/acme/a:1:', 'PASS ghcr.io/acme/b:1:']);
    expect(out).toContain('The gate is open until 2026-12-01T00:00:00Z (policy storefront');
  });

  it('counts what it does not list', () => {
    const rest = Array.from({ length: 12 }, (_, index) => reported({ id: `CVE-${index}` }));
    expect(text(image(WEB, [...rest, excepted()]))).toContain('  …        3 more reported; --format json lists them\n');
  });
});

describe('every format', () => {
  it.each(Object.keys(FORMATS))('%s says the same whatever the order of the images', (format) => {
    const images = [image('ghcr.io/acme/a:1', [reported()]), image(WEB, [overdue()]), image('ghcr.io/acme/c:1', [due(), excepted()])];
    const print = FORMATS[format]!;
    const expected = print(resultOf(images));
    expect(print(resultOf([...images].reverse()))).toBe(expected);
    for (const { image: name } of images) expect(expected).toContain(format === 'sarif' ? name?.split(':')[0] : name);
  });

  it.each(Object.keys(FORMATS))('%s lets no report write a control character', (format) => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constant(EVIL)), (evil) => {
        const out = FORMATS[format]!(
          resultOf([image(evil, [overdue({ id: evil, package: evil, reason: evil }), reported({ reason: evil })])]),
        );
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
      }),
    );
  });
});
