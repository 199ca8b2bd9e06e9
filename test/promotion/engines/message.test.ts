import { describe, expect, it } from 'vitest';
import { proposalMessage, revertMessage } from '../../../src/promotion/engines/message.js';
import { digest, image, production, REFERENCE } from '../support.js';

const change = { workload: 'web', reference: REFERENCE.web, from: image('A'), to: image('B') };

describe('what a request says', () => {
  it('names images, digests and the reason', () => {
    const { title, body } = proposalMessage(production, [change], 'It soaked.');
    expect(title).toBe('Promote web:1.4.1 to production');
    expect(body).toContain(`| \`${REFERENCE.web}\` | \`1.4.0@${digest('A')}\` | \`1.4.1@${digest('B')}\` |`);
    expect(body).toContain('\n    It soaked.\n');
  });

  it('of a revert goes the other way', () => {
    const { title, body } = revertMessage(production, [change], 'It failed.');
    expect(title).toBe('Put web:1.4.0 back in production');
    expect(body).toContain(`| \`1.4.1@${digest('B')}\` | \`1.4.0@${digest('A')}\` |`);
  });

  it("keeps other programs' words in a block of code, whatever they are", () => {
    const hostile = `@acme/everybody <b>\n\n# see #1 ${'x '.repeat(80)}\`\`\`\u0000end`;
    const { body } = revertMessage(production, [change], hostile);
    const lines = body.split('\n').filter((line) => /everybody|#1|x x|end$/.test(line) && !line.includes('`1.4'));
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^ {4}\S/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(101);
  });
});
