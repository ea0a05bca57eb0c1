/**
 * Whether the chat takes messages: while the channel is live, and some minutes after. The server decides in the
 * end; this only keeps people from writing what would be dropped without a word.
 */

import { feed } from "../feed.js";

/**
 * @param {import("../status.js").Status} status
 * @param {number} now  Date.now()
 * @param {number} afterMs  it is open after the end
 * @returns {number} milliseconds that it still takes messages for; Infinity while nothing ends
 */
export function left(status, now, afterMs) {
  if (status.state !== "offline") return Infinity;
  if (!status.endedAt) return 0;
  return Math.max(0, afterMs - (now + (status.skew ?? 0) - status.endedAt.getTime()));
}

/**
 * @param {number} afterMs
 * @param {(open: boolean) => void} tell  called at once and at every change
 */
export function hours(afterMs, tell) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const turn = () => {
    clearTimeout(timer);
    const ms = left(feed.last, Date.now(), afterMs);
    tell(ms > 0);
    if (ms > 0 && ms < Infinity) timer = setTimeout(turn, ms);
  };
  feed.addEventListener("status", turn);
  turn();
}
