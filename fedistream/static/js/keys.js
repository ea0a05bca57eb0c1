/**
 * Shortcuts that work anywhere on the page. While the player has the focus, media-chrome handles its own keys itself.
 */

const PASSED_ON = new Set([" ", "k", "m", "f", "p"]);

/** @param {EventTarget | null} target */
function busy(target) {
  // a key pressed in a field, on a button or a link belongs to that
  return target instanceof Element && target.closest("a, button, input, select, textarea, summary, [contenteditable], [tabindex='0']") !== null;
}

/** @param {EventTarget | null} target */
function writing(target) {
  return target instanceof Element && target.closest("input, select, textarea, [contenteditable]") !== null;
}

/**
 * @param {() => HTMLElement | null} player  the media-controller, while there is one
 * @param {() => void} latency
 */
export function listen(player, latency) {
  document.addEventListener("keydown", (event) => {
    const controller = player();
    if (!controller || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key.toLowerCase() === "l" && !writing(event.target)) latency();
    else if (PASSED_ON.has(event.key) && !busy(event.target)) pass(controller, event);
  });
}

/**
 * media-chrome waits for the key to come up, so it is given both halves at once.
 * @param {HTMLElement} controller
 * @param {KeyboardEvent} event
 */
function pass(controller, event) {
  event.preventDefault();
  for (const type of ["keydown", "keyup"]) controller.dispatchEvent(new KeyboardEvent(type, { key: event.key, code: event.code }));
}

/**
 * Lets a plain button inside the player have its own keys: media-chrome would take the space bar from it.
 * @param {HTMLElement} controller
 */
export function spare(controller) {
  for (const button of controller.querySelectorAll("button")) {
    for (const type of ["keydown", "keyup"]) {
      button.addEventListener(type, (event) => {
        if (/** @type {KeyboardEvent} */ (event).key === " ") event.stopPropagation();
      });
    }
  }
}

/**
 * A button that goes away by being pressed hands its focus on, and does not leave the controls where they are: to
 * media-chrome the pointer is still over one of them, and only a move would tell it otherwise.
 * @param {HTMLElement} button
 * @param {HTMLElement} controller
 * @param {string} next  the selector of the control that has the focus then
 */
export function leave(button, controller, next) {
  if (button.contains(document.activeElement)) {
    /** @type {HTMLElement | null} */ (controller.querySelector(next))?.focus({ preventScroll: true });
  }
  controller.dispatchEvent(new PointerEvent("pointermove", { pointerType: "mouse" }));
}
