/**
 * Lets each line of the overlay disappear some seconds after it came, if the overlay's address asks for that.
 */

const MAX_SECONDS = 3_600;

/**
 * @param {HTMLElement} list
 * @param {number} seconds  0 keeps the lines
 */
export function fadeOutLines(list, seconds) {
  if (!(seconds > 0)) return;
  const ms = Math.min(seconds, MAX_SECONDS) * 1_000;
  const observer = new MutationObserver((changes) => {
    const items = changes.flatMap((change) => [...change.addedNodes]);
    setTimeout(() => {
      for (const item of items) if (item instanceof Element) item.classList.add("is-faded");
    }, ms);
  });
  observer.observe(list, { childList: true });
}
