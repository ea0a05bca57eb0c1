/**
 * Whether the chat takes messages: while the channel is live, for some minutes afterwards, and around a scheduled event
 * as the server says. The server decides; this only keeps people from writing a message that would be refused.
 */

import { statusPoller } from "../page-status.js";

/**
 * Return for how many milliseconds the chat is still open: Infinity while the channel is live or the chat is open for a
 * scheduled event.
 * @param {import("../status-poller.js").Status} status
 * @param {number} now  Date.now()
 * @param {number} afterMs  for how long it stays open after the end
 */
export function openForMs(status, now, afterMs) {
  if (status.state !== "offline" || status.event?.chatOpen) return Infinity;
  if (!status.endedAt) return 0;
  return Math.max(0, afterMs - (now + (status.skew ?? 0) - status.endedAt.getTime()));
}

/**
 * @param {number} afterMs
 * @param {(open: boolean) => void} onChange  called at once, and after every news
 */
export function watchAvailability(afterMs, onChange) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const update = () => {
    clearTimeout(timer);
    const ms = openForMs(statusPoller.latest, Date.now(), afterMs);
    onChange(ms > 0);
    if (ms > 0 && ms < Infinity) timer = setTimeout(update, ms);
  };
  statusPoller.addEventListener("status", update);
  update();
}
