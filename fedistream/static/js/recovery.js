/**
 * What to do about a fatal error of the player, and when. Pure: chance goes in, a decision comes out.
 */

/** @typedef {"network" | "media" | "manifest"} Trouble */
/** @typedef {{act: "load" | "recreate", afterMs: number}} Remedy */

const FIRST_MS = 500;
const GROWTH = 1.8;
const LONGEST_MS = 8_000;
const LONGEST_BROKEN_MS = 60_000; // what no decoder takes does not get better by being asked for often
const SPREAD = 0.3; // of each wait, so that a thousand pages do not return in step
const LOADS = 5; // in a row before the player is made anew: its playlist may be one that is no more
const BROKEN_AFTER = 4; // players made anew for the decoder's sake, without a picture that lasted

export class Recovery {
  #loads = 0;
  #recreations = 0;
  #broken = 0;

  /**
   * @param {Trouble} trouble
   * @param {number} [chance]  within 0 and 1
   * @returns {Remedy}
   */
  next(trouble, chance = Math.random()) {
    if (trouble === "network" && this.#loads < LOADS) {
      this.#loads += 1;
      return { act: "load", afterMs: wait(this.#loads, LONGEST_MS, chance) };
    }
    this.#loads = 0;
    if (trouble === "media") {
      this.#broken += 1;
      // most often it is one frame, or tracks that have changed, and a new decoder has no trouble with what follows
      return { act: "recreate", afterMs: this.#broken === 1 ? 0 : wait(this.#broken, LONGEST_BROKEN_MS, chance) };
    }
    this.#recreations += 1;
    return { act: "recreate", afterMs: wait(this.#recreations, LONGEST_MS, chance) };
  }

  /** Whether it is the stream itself that cannot be played, as far as one can tell. */
  get broken() {
    return this.#broken >= BROKEN_AFTER;
  }

  /** It plays: what went wrong before counts no more. */
  calm() {
    this.#loads = 0;
    this.#recreations = 0;
    this.#broken = 0;
  }
}

/**
 * @param {number} times
 * @param {number} longest
 * @param {number} chance
 */
function wait(times, longest, chance) {
  return Math.min(longest, FIRST_MS * GROWTH ** (times - 1)) * (1 - SPREAD * chance);
}
