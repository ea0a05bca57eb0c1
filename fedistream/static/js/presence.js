/**
 * Tells the server that somebody is here when no playlist request does: while paused, or when the browser plays by
 * itself and may ask rarely.
 */

const EVERY_MS = 10_000;

/**
 * @param {string} url
 * @param {() => boolean} needed
 */
export function keep(url, needed) {
  setInterval(() => {
    if (!document.hidden && needed()) void fetch(url, { cache: "no-store" }).catch(() => {});
  }, EVERY_MS);
}
