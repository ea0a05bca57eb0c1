/**
 * Makes the log one stop of the Tab key: the links in a hundred lines would put the composer behind it out of reach. Arrow
 * keys move to a line, and its links are stops while the line, or something in it, has the focus.
 */

const STOPS = "a[href]:not(.origin), summary";

/**
 * @param {Element | null} line
 * @param {-1 | 0} tabIndex
 */
function setTabIndex(line, tabIndex) {
  for (const stop of line?.querySelectorAll(STOPS) ?? []) /** @type {HTMLElement} */ (stop).tabIndex = tabIndex;
}

/** @param {Element | null} line */
export function removeTabStops(line) {
  setTabIndex(line, -1);
}

/** @param {HTMLElement} list */
export function setUpRovingTabindex(list) {
  list.addEventListener("focusin", (event) => setTabIndex(/** @type {Element} */ (event.target).closest(".line"), 0));
  list.addEventListener("focusout", (event) => {
    const line = /** @type {Element} */ (event.target).closest(".line");
    const stays = event.relatedTarget instanceof Node && line?.contains(event.relatedTarget);
    if (!stays) removeTabStops(line);
  });
}
