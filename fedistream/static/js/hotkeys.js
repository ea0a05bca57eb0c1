/**
 * Keyboard shortcuts that work anywhere on the page. While the player has the focus, media-chrome handles its own keys.
 */

const FORWARDED = new Set([" ", "k", "m", "f", "p"]);

/** @param {EventTarget | null} target */
function isInteractive(target) {
  const selector = "a, button, input, select, textarea, summary, [contenteditable], [tabindex='0']";
  return target instanceof Element && target.closest(selector) !== null;
}

/** @param {EventTarget | null} target */
function isTextField(target) {
  return target instanceof Element && target.closest("input, select, textarea, [contenteditable]") !== null;
}

/**
 * @param {() => HTMLElement | null} player  returns the media-controller, if there is one
 * @param {() => void} toggleStats
 */
export function listenForHotkeys(player, toggleStats) {
  document.addEventListener("keydown", (event) => {
    const controller = player();
    if (!controller || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key.toLowerCase() === "l" && !isTextField(event.target)) toggleStats();
    else if (FORWARDED.has(event.key) && !isInteractive(event.target)) forwardKey(controller, event);
  });
}

/**
 * Pass a key on to media-chrome, which acts when the key comes up.
 * @param {HTMLElement} controller
 * @param {KeyboardEvent} event
 */
function forwardKey(controller, event) {
  event.preventDefault();
  const { key, code } = event;
  for (const type of ["keydown", "keyup"]) controller.dispatchEvent(new KeyboardEvent(type, { key, code }));
}

/**
 * Let our buttons inside the player keep the space key, which media-chrome would take from them.
 * @param {HTMLElement} controller
 */
export function keepSpaceKey(controller) {
  for (const button of controller.querySelectorAll("button")) {
    for (const type of ["keydown", "keyup"]) {
      button.addEventListener(type, (event) => {
        if (/** @type {KeyboardEvent} */ (event).key === " ") event.stopPropagation();
      });
    }
  }
}

/**
 * Move the focus from a button that disappears when it is pressed to another control. To media-chrome the pointer is then
 * still over a control, so the controls would never hide; a move of the pointer tells it otherwise.
 * @param {HTMLElement} button
 * @param {HTMLElement} controller
 * @param {string} next  the selector of the other control
 */
export function moveFocus(button, controller, next) {
  if (button.contains(document.activeElement)) {
    /** @type {HTMLElement | null} */ (controller.querySelector(next))?.focus({ preventScroll: true });
  }
  controller.dispatchEvent(new PointerEvent("pointermove", { pointerType: "mouse" }));
}
