/**
 * The log as one stop of the Tab key: with links in a hundred lines, the field behind it would be out of reach. The links
 * of a line are stops for as long as the line, or something in it, has the focus; arrows lead to the line.
 */

const STOPS = "a[href]:not(.origin), summary";

/**
 * @param {Element | null} line
 * @param {-1 | 0} tabIndex
 */
function set(line, tabIndex) {
  for (const stop of line?.querySelectorAll(STOPS) ?? []) /** @type {HTMLElement} */ (stop).tabIndex = tabIndex;
}

/** A line that nobody is on. @param {Element | null} line */
export function park(line) {
  set(line, -1);
}

/** @param {HTMLElement} list */
export function stops(list) {
  list.addEventListener("focusin", (event) => set(/** @type {Element} */ (event.target).closest(".line"), 0));
  list.addEventListener("focusout", (event) => {
    const left = /** @type {Element} */ (event.target).closest(".line");
    if (!(event.relatedTarget instanceof Node && left?.contains(event.relatedTarget))) park(left);
  });
}
