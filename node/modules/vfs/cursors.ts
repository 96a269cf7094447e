/** Places that may be remembered at one time; beyond it the one used longest ago is forgotten and starts over. */
export const CURSORS_MAX = 10_000

/**
 * Where the next read or write of a file begins. There is one cursor per file, whoever uses it, as on live nodes
 * (modules.md section 3); files themselves are opened for one action at a time, so no limit of descriptors is met.
 */
export class Cursors {
  readonly #places = new Map<string, number>()

  get(file: string): number {
    const place = this.#places.get(file) ?? 0
    if (place > 0) this.set(file, place)
    return place
  }

  set(file: string, place: number): void {
    this.#places.delete(file)
    this.#places.set(file, place)
    if (this.#places.size <= CURSORS_MAX) return
    const [oldest] = this.#places.keys()
    if (oldest !== undefined) this.#places.delete(oldest)
  }

  forget(file: string): void {
    this.#places.delete(file)
  }

  /** Forgets whatever lay in a folder that is gone. */
  forgetUnder(folder: string): void {
    for (const file of this.#places.keys()) {
      if (file === folder || file.startsWith(`${folder}/`)) this.#places.delete(file)
    }
  }
}
