/**
 * Where content goes. A run counts its content from 0 (the *source* index); a host may have put parts of its own into the array
 * (the *slots*), before the run or while it goes on. A source index keeps the slot it was given.
 */
export class ContentSlots {
  readonly #parts: readonly unknown[];
  readonly #bySource = new Map<number, number>();
  readonly #taken = new Set<number>();
  /** How far the slots are ahead of the source indices. */
  #offset = 0;

  constructor(parts: readonly unknown[]) {
    this.#parts = parts;
  }

  /** The slot of a source index; the next free one when the index is new. */
  claim(source: number): number {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const slot = this.claimFrom(source + this.#offset);
    this.#offset = Math.max(this.#offset, slot - source);
    this.#bySource.set(source, slot);
    return slot;
  }

  /** The first free slot from `start` on. */
  claimFrom(start: number): number {
    let slot = start;
    // A slot is also taken while it is a hole: a step that writes nothing keeps its place.
    while (this.#taken.has(slot) || this.#parts[slot] !== undefined) slot++;
    this.#taken.add(slot);
    return slot;
  }

  /** Gives a source index a slot that something else has claimed. */
  share(source: number, slot: number): void {
    if (!this.#bySource.has(source)) this.#bySource.set(source, slot);
  }
}
