/**
 * What to do after a fatal error of the player, and when. Pure: a random number goes in, a decision comes out.
 */

/** @typedef {"network" | "media" | "manifest"} ErrorKind */
/** @typedef {{action: "load" | "recreate", delayMs: number}} RecoveryStep */

const FIRST_DELAY_MS = 500;
const GROWTH = 1.8;
const MAX_DELAY_MS = 8_000;
const MAX_MEDIA_DELAY_MS = 60_000; // what no decoder takes does not get better by being loaded often
const JITTER = 0.3; // of each delay, so that not all pages return at once
const MAX_LOADS = 5; // in a row, before the player is made anew: its playlist may no longer exist
const FAILED_AFTER = 4; // media errors without stable playback in between

export class Recovery {
  #loads = 0;
  #recreations = 0;
  #mediaErrors = 0;

  /**
   * @param {ErrorKind} error
   * @param {number} [random]  within 0 and 1
   * @returns {RecoveryStep}
   */
  next(error, random = Math.random()) {
    if (error === "network" && this.#loads < MAX_LOADS) {
      this.#loads += 1;
      return { action: "load", delayMs: backoff(this.#loads, MAX_DELAY_MS, random) };
    }
    this.#loads = 0;
    if (error === "media") {
      this.#mediaErrors += 1;
      // most often it is one frame, or tracks that have changed, and a new decoder plays what follows
      const delayMs = this.#mediaErrors === 1 ? 0 : backoff(this.#mediaErrors, MAX_MEDIA_DELAY_MS, random);
      return { action: "recreate", delayMs };
    }
    this.#recreations += 1;
    return { action: "recreate", delayMs: backoff(this.#recreations, MAX_DELAY_MS, random) };
  }

  /** Whether the stream itself seems to be what cannot be played. */
  get failed() {
    return this.#mediaErrors >= FAILED_AFTER;
  }

  /** Playback is stable: earlier errors do not count any more. */
  reset() {
    this.#loads = 0;
    this.#recreations = 0;
    this.#mediaErrors = 0;
  }
}

/**
 * @param {number} attempt  the first is 1
 * @param {number} maxMs
 * @param {number} random
 */
function backoff(attempt, maxMs, random) {
  return Math.min(maxMs, FIRST_DELAY_MS * GROWTH ** (attempt - 1)) * (1 - JITTER * random);
}
