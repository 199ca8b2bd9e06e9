import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/manifest/edit.js';
import { deployment } from '../rollout/fixture.js';

describe('edits', () => {
  it('set a field where it is, make what is missing, and leave the rest', () => {
    const edited = applyEdits({ ...deployment(), spec: { a: 1, list: [{ x: 1, y: 2 }, { x: 3 }], z: 9 } }, [
      { path: ['spec', 'list', 0, 'x'], value: 5 },
      { path: ['spec', 'strategy', 'type'], value: 'RollingUpdate' },
    ]);
    expect(JSON.stringify(edited.spec)).toBe('{"a":1,"list":[{"x":5,"y":2},{"x":3}],"z":9,"strategy":{"type":"RollingUpdate"}}');
  });

  it('do not touch what they were given', () => {
    const given = deployment();
    const before = JSON.stringify(given);
    applyEdits(given, [{ path: ['metadata', 'name'], value: 'other' }]);
    expect(JSON.stringify(given)).toBe(before);
  });

  it('keep a key called __proto__ as data', () => {
    const edited = applyEdits(deployment(), [{ path: ['spec', '__proto__', 'a'], value: 1 }]);
    expect(JSON.stringify(edited.spec)).toContain('"__proto__":{"a":1}');
    expect(Object.prototype).not.toHaveProperty('a');
  });

  it('made twice are made once', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }), fc.integer(), (path, value) => {
        const once = applyEdits(deployment(), [{ path: ['spec', ...path], value }]);
        expect(applyEdits(once, [{ path: ['spec', ...path], value }])).toEqual(once);
      }),
    );
  });
});
