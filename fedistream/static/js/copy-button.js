/**
 * Buttons with `data-copy`, which copy the text of the element with that id. They are hidden where this module is not.
 */

import { setText, text } from "./page.js";

const MESSAGE_MS = 4_000;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!(button instanceof HTMLElement)) continue;
  button.hidden = false;
  button.addEventListener("click", () => void copy(button));
}

/** @param {HTMLElement} button */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy ?? "");
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    showMessage(button, text("copied"));
  } catch {
    // over plain HTTP there is no clipboard: the text is shown and selected instead
    const secret = source.closest("details");
    if (secret) secret.open = true;
    getSelection()?.selectAllChildren(source);
    showMessage(button, text("not-copied"));
  }
}

/**
 * Show beside the button what happened.
 * @param {HTMLElement} button
 * @param {string} message
 */
function showMessage(button, message) {
  let line = button.parentElement?.querySelector(".copy-message");
  if (!line) {
    line = document.createElement("span");
    line.className = "copy-message muted";
    line.setAttribute("role", "status");
    button.after(line);
  }
  setText(line, message);
  setTimeout(() => line.remove(), MESSAGE_MS);
}
