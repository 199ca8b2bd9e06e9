import type { ApiObject } from 'cdk8s';
import type { Manifest } from '../manifest/manifest.js';
import { type Part, partsOf } from './parts.js';
import { plainOf } from './tree.js';

/** The objects of a tree as their authors wrote them, as last read. */
export class Survey {
  readonly #parts = new Map<ApiObject, readonly Part[]>();
  readonly #failures = new Map<ApiObject, string>();
  #manifests: readonly Manifest[] | undefined;

  /** Reads the objects that were not read yet. */
  read(objects: readonly ApiObject[]): void {
    this.#manifests = undefined;
    for (const object of objects) if (!this.#parts.has(object)) this.#parts.set(object, this.#partsOf(object));
  }

  /** Forgets all of it. */
  clear(): void {
    this.#parts.clear();
    this.#failures.clear();
  }

  /** Whether exactly these objects were read. */
  isOf(objects: readonly ApiObject[]): boolean {
    return objects.length === this.#parts.size && objects.every((object) => this.#parts.has(object));
  }

  parts(object: ApiObject): readonly Part[] {
    return this.#parts.get(object) ?? [];
  }

  /** Why an object could not be read. */
  failure(object: ApiObject): string | undefined {
    return this.#failures.get(object);
  }

  /** Everything that was read: one and the same list until more is. */
  get manifests(): readonly Manifest[] {
    this.#manifests ??= [...this.#parts.values()].flatMap((parts) => parts.map(({ manifest }) => manifest));
    return this.#manifests;
  }

  /** A value that is produced late may not be there yet. Where it never is, synthesis fails by itself. */
  #partsOf(object: ApiObject): readonly Part[] {
    try {
      return partsOf(plainOf(object));
    } catch (error) {
      this.#failures.set(object, error instanceof Error ? error.message : String(error));
      return [];
    }
  }
}
