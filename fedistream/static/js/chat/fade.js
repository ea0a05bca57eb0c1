/** Lets each line of the overlay go a while after it came, where the streamer asks for that in the address. */

const LONGEST_S = 3_600;

/**
 * @param {HTMLElement} list
 * @param {number} seconds  0 keeps them
 */
export function fade(list, seconds) {
  if (!(seconds > 0)) return;
  const ms = Math.min(seconds, LONGEST_S) * 1_000;
  const watch = new MutationObserver((changes) => {
    const items = changes.flatMap((change) => [...change.addedNodes]);
    setTimeout(() => {
      for (const item of items) if (item instanceof Element) item.classList.add("faded");
    }, ms);
  });
  watch.observe(list, { childList: true });
}
