/**
 * Tells the server that somebody watches when no playlist request does: while the video is paused, or where the browser
 * plays HLS itself and may ask seldom.
 */

const INTERVAL_MS = 10_000;

/**
 * @param {string} url
 * @param {() => boolean} isNeeded
 */
export function startPinging(url, isNeeded) {
  setInterval(() => {
    if (!document.hidden && isNeeded()) void fetch(url, { cache: "no-store" }).catch(() => {});
  }, INTERVAL_MS);
}
