/**
 * What to do about a fatal error of the player, and when. Pure: times go in, a decision comes out.
 */

/** @typedef {"network" | "media" | "manifest"} Trouble */
/** @typedef {{act: "load" | "media" | "recreate", afterMs: number}} Remedy */

const FIRST_MS = 500;
const GROWTH = 1.8;
const LONGEST_MS = 8_000;
const LOADS = 5; // in a row before the player is made anew: its playlist may be one that is no more
const MEDIA_AGAIN_MS = 5_000; // a decoder that fails twice within this is not helped by a third try

export class Recovery {
  #loads = 0;
  #recreations = 0;
  #mediaAt = -Infinity;

  /**
   * @param {Trouble} trouble
   * @param {number} now  milliseconds
   * @returns {Remedy}
   */
  next(trouble, now) {
    if (trouble === "media" && now - this.#mediaAt > MEDIA_AGAIN_MS) {
      this.#mediaAt = now;
      return { act: "media", afterMs: 0 };
    }
    if (trouble === "network" && this.#loads < LOADS) {
      this.#loads += 1;
      return { act: "load", afterMs: wait(this.#loads) };
    }
    this.#loads = 0;
    this.#recreations += 1;
    return { act: "recreate", afterMs: wait(this.#recreations) };
  }

  /** It plays: what went wrong before counts no more. */
  calm() {
    this.#loads = 0;
    this.#recreations = 0;
  }
}

/** @param {number} times */
function wait(times) {
  return Math.min(LONGEST_MS, FIRST_MS * GROWTH ** (times - 1));
}
