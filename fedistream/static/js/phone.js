/**
 * The watch page where there is no room for everything at once: the tabs, and what a keyboard on the screen leaves to see.
 * What is shown when is in watch.css.
 */

const TIGHT_PX = 480; // with less, the picture, the log and the field are all there is room for
const KEYBOARD = 0.8; // of the greatest height seen, or less: a keyboard is up

const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".tabs [role=tab]")]);

/** @param {HTMLElement} chosen */
function choose(chosen) {
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
  }
  document.body.dataset.tab = chosen.getAttribute("aria-controls") ?? "";
}

/** @type {Record<string, (at: number) => number>} */
const STEPS = { ArrowLeft: (at) => at - 1, ArrowRight: (at) => at + 1, Home: () => 0, End: () => -1 };

/** @param {KeyboardEvent} event */
function step(event) {
  const to = STEPS[event.key]?.(tabs.indexOf(/** @type {HTMLElement} */ (event.target)));
  const next = to === undefined ? undefined : tabs.at(to % tabs.length);
  if (!next) return;
  event.preventDefault();
  choose(next);
  next.focus();
}

/** The greatest height seen at the present width. */
const whole = { width: 0, height: 0 };

/**
 * Safari lays its keyboard over the page and moves the page up; the others make the page smaller. What is seen is the
 * same number in all of them.
 * @param {VisualViewport} seen
 */
function fit(seen) {
  if (seen.scale > 1.01) return; // somebody looks closer, with two fingers
  const { style } = document.documentElement;
  style.setProperty("--seen", `${seen.height}px`);
  style.setProperty("--top", `${seen.offsetTop}px`);
  if (seen.width !== whole.width) Object.assign(whole, { width: seen.width, height: 0 });
  whole.height = Math.max(whole.height, seen.height);
  const tight = seen.height < Math.min(TIGHT_PX, KEYBOARD * whole.height);
  document.body.toggleAttribute("data-typing", tight && document.activeElement?.id === "chat-text");
}

const [chat] = tabs;
if (chat) choose(chat);
for (const tab of tabs) {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", step);
}
// a link to what another tab hides
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a[href='#chat']");
  if (link && chat) choose(chat);
});
const { visualViewport } = window;
if (visualViewport) {
  const turn = () => fit(visualViewport);
  for (const event of ["resize", "scroll"]) visualViewport.addEventListener(event, turn);
  for (const event of ["focusin", "focusout"]) document.addEventListener(event, () => requestAnimationFrame(turn));
  turn();
}
