import { describe, expect, it, vi } from 'vitest';
import { runIn } from './fake-io.js';

const COMMANDS = ['init', 'validate', 'explain', 'synth', 'gate', 'lock', 'promote', 'ci'];
const LOCK_COMMANDS = ['update', 'check', 'show', 'pull'];

describe('patchway', () => {
  it('prints its version', async () => {
    expect(await runIn('/', ['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it('lists its commands', async () => {
    const { code, stdout } = await runIn('/', ['--help']);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });

  it.each([...COMMANDS.filter((c) => c !== 'lock').map((c) => [c]), ...LOCK_COMMANDS.map((c) => ['lock', c])])(
    'explains %s %s with an example',
    async (...command) => {
      const { code, stdout } = await runIn('/', [...command.filter(Boolean), '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`Example:\n  $ patchway ${command.filter(Boolean).join(' ')}`);
    },
  );

  it.each([
    ['no command', []],
    ['an unknown command', ['sinth']],
    ['an unknown option', ['synth', 'p.yaml', '-w', 'x', '--colour']],
    ['a missing option', ['synth', 'p.yaml']],
    ['a missing argument', ['validate']],
    ['a lock command that is none', ['lock', 'open']],
    ['no lock command', ['lock']],
  ])('calls %s wrong usage', async (_case, args) => {
    const { code, stdout, stderr } = await runIn('/', args);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
  });

  it('suggests the command that was meant', async () => {
    expect((await runIn('/', ['sinth'])).stderr).toContain('Did you mean synth?');
  });

  it('tells an error of its own in one line, and more on request', async () => {
    vi.doMock('../../src/cli/init.js', () => ({
      init: () => {
        throw new TypeError('boom');
      },
    }));
    expect(await runIn('/', ['init'])).toEqual({ code: 1, stdout: '', stderr: 'patchway: internal error: boom\n' });
    expect((await runIn('/', ['init'], { PATCHWAY_DEBUG: '1' })).stderr).toMatch(/internal error: boom\nTypeError: boom\n +at /);
    vi.doUnmock('../../src/cli/init.js');
  });
});
