/** Shorter lists are copied when they are shown: that costs less than a field that is made when it is read. */
const LATE_FROM = 1000;

/** A list that grows. It is never shown itself, so that items can be put behind the others; what is shown are frozen copies. */
export class GrowingList {
  #items: unknown[];
  /** A copy of what it holds now. */
  #late: LateList | undefined;
  /** Whether there may be copies that nobody has read yet, and that are made of the items up to their own length. */
  #isAwaited = false;

  /** Begins with the items of a list, if it is one. */
  constructor(held: unknown) {
    // A copy by spreading: `slice` of a frozen list is slow.
    this.#items = Array.isArray(held) ? [...(held as unknown[])] : [];
  }

  /** Has more items put behind the others. */
  grow(put: (items: unknown[]) => void): void {
    this.#late = undefined;
    put(this.#items);
  }

  /** Keeps the first items only. */
  cut(keep: number): void {
    this.#late = undefined;
    if (!this.#isAwaited) {
      this.#items.length = keep;
      return;
    }
    this.#items = this.#items.slice(0, keep);
    this.#isAwaited = false;
  }

  /** What it holds now: a frozen list, or one that is made when somebody reads it. */
  show(): readonly unknown[] | LateList {
    if (this.#late === undefined) {
      if (this.#items.length < LATE_FROM) return Object.freeze(this.#items.slice());
      this.#late = new LateList(this.#items);
      this.#isAwaited = true;
    }
    return this.#late.isMade ? this.#late.items : this.#late;
  }
}

/** The items that a growing list has at one time, copied when somebody reads them. */
export class LateList {
  readonly #length: number;
  /** What it is copied from. Items may come behind its own, and nothing else may happen to it. */
  #growing: readonly unknown[] | undefined;
  #items: readonly unknown[] | undefined;

  constructor(growing: readonly unknown[]) {
    this.#growing = growing;
    this.#length = growing.length;
  }

  /** Whether somebody has read it. */
  get isMade(): boolean {
    return this.#items !== undefined;
  }

  get items(): readonly unknown[] {
    if (this.#items === undefined) {
      this.#items = Object.freeze(this.#growing!.slice(0, this.#length));
      this.#growing = undefined;
    }
    return this.#items;
  }
}
