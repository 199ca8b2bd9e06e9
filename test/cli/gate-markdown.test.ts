import { describe, expect, it } from 'vitest';
import { gateMarkdown } from '../../src/cli/gate-markdown.js';
import { due, EVIL, excepted, image, overdue, reported, resultOf } from './gate-results.js';

const WEB = 'ghcr.io/acme/web:1.4.2';
const markdown = (...images: Parameters<typeof resultOf>[0]) => gateMarkdown(resultOf(images));

describe('Markdown', () => {
  it('shows what is urgent and folds the rest', () => {
    expect(markdown(image(WEB, [overdue({ exploited: true }), due(), reported(), excepted()]))).toBe(`<!-- patchway gate: storefront -->

### The gate is closed: 1 of 1 images may not pass

Policy \`storefront\` as of 2026-11-21T09:00:00Z.

#### :x: <code>ghcr.io/acme/web:1.4.2</code> fail

1 overdue

|  | Finding | Package | Update to | Due |
| --- | --- | --- | --- | --- |
| overdue | <code>CVE-2026-0001</code> high, **exploited** | <code>openssl 3.1.4-r5</code> | <code>3.1.6-r0</code> | 2026-11-01T00:00:00Z |
| due | <code>CVE-2026-0002</code> high | <code>openssl 3.1.4-r5</code> | <code>3.1.6-r0</code> | 2026-12-01T00:00:00Z |

<details><summary>2 more that ask for nothing now</summary>

|  | Finding | Package | Why |
| --- | --- | --- | --- |
| excepted | <code>CVE-2026-0004</code> high | <code>openssl 3.1.4-r5</code> | accepted by sec@&#8203;acme.example until 2026-12-01T00:00:00Z: not reachable |
| reported | <code>CVE-2026-0003</code> high | <code>openssl 3.1.4-r5</code> | no fix yet: reported only |

</details>
`);
  });

  it('says until when an open gate stays open', () => {
    expect(markdown(image(WEB, [due()]))).toContain('### The gate is open until 2026-12-01T00:00:00Z\n');
    expect(markdown(image(WEB, [reported()]))).toContain('### The gate is open\n');
  });

  it('shows images that fail before others', () => {
    const text = markdown(image('ghcr.io/acme/a:1', []), image(WEB, [overdue()]));
    expect(text.indexOf(WEB)).toBeLessThan(text.indexOf('ghcr.io/acme/a:1'));
  });

  it('makes of no text markup, a cell, a mention or a link', () => {
    const rows = markdown(image(EVIL, [overdue({ id: EVIL, package: EVIL, fixedIn: [EVIL] }), reported({ reason: EVIL })])).split('\n');
    const tables = rows.filter((row) => row.startsWith('|'));
    expect(tables.map((row) => row.match(/\|/g)?.length)).toEqual([6, 6, 6, 5, 5, 5]);
    for (const row of rows) expect(row).not.toMatch(/<script|@everyone|(?<!&)#1|https:\/\/|\[a\]|\p{Cs}|\u202e/u);
    expect(rows.join('\n')).toContain('&#60;script&#62;');
  });

  it('lists warnings', () => {
    expect(gateMarkdown(resultOf([image(WEB, [])], ['no report of *grype*']))).toContain('- :warning: no report of &#42;grype&#42;\n');
  });

  it.each([
    ['a large image', [image(WEB, many(5_000))]],
    ['many images', Array.from({ length: 500 }, (_, index) => image(`ghcr.io/acme/web${index}:1`, many(3)))],
    ['long names', [image(WEB, many(100, 'x'.repeat(5_000)))]],
  ])('stays within what forges take: %s', (_, images) => {
    const text = markdown(...images);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/\d+ more (images )?not shown|…/);
    expect(text).toContain('CVE-2026-0001');
  });
});

function many(count: number, name = 'openssl') {
  return Array.from({ length: count }, (_, index) => [
    overdue({ package: `${name}${index}` }),
    reported({ package: `${name}${index}` }),
  ]).flat();
}
