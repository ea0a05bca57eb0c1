/**
 * Buttons with `data-copy`: they copy the text of the element with that id, and stay hidden where this module is not.
 */

import { text, write } from "./page.js";

const SHOWN_MS = 4_000;

for (const button of document.querySelectorAll("[data-copy]")) {
  /** @type {HTMLElement} */ (button).hidden = false;
  button.addEventListener("click", () => copy(/** @type {HTMLElement} */ (button)));
}

/** @param {HTMLElement} button */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy ?? "");
  if (!source) return;
  const secret = source.closest("details");
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    told(button, text("copied"));
  } catch {
    // over plain HTTP there is no clipboard: what is wanted is shown and selected instead
    if (secret) secret.open = true;
    getSelection()?.selectAllChildren(source);
    told(button, text("not-copied"));
  }
}

/**
 * Says beside the button what happened.
 * @param {HTMLElement} button
 * @param {string} words
 */
function told(button, words) {
  let line = button.parentElement?.querySelector(".told");
  if (!line) {
    line = document.createElement("span");
    line.className = "told soft";
    line.setAttribute("role", "status");
    button.after(line);
  }
  write(line, words);
  setTimeout(() => line.remove(), SHOWN_MS);
}
