/**
 * The admin page: what lives is asked for again and again, keys are copied, what cannot be undone is asked about.
 * Everything works without this module too; then the page is reloaded by hand.
 */

import * as moments from "./moments.js";
import { text, write } from "./page.js";

const EVERY_MS = 3_000;
const PATIENCE_MS = 8_000;

/** Replaces the live parts by the server's rendering of them, and only those that differ. */
async function refresh() {
  if (document.hidden) return;
  const stale = document.getElementById("stale");
  try {
    const response = await fetch("/admin/live", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw new Error(String(response.status));
    const news = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) renew(part, news.getElementById(part.id));
    const disconnect = document.getElementById("disconnect");
    if (disconnect) disconnect.hidden = news.getElementById("disconnect")?.hidden ?? true;
    stale?.remove();
  } catch {
    if (!stale) tell(text("stale"), "warn").id = "stale";
  }
}

/** @type {WeakMap<Element, string>} */
const written = new WeakMap();

/**
 * @param {Element} part
 * @param {HTMLElement | null} fresh
 */
function renew(part, fresh) {
  if (!fresh || written.get(part) === fresh.innerHTML) return;
  written.set(part, fresh.innerHTML);
  part.replaceChildren(...fresh.childNodes);
  moments.write(part);
}

/**
 * @param {string} words
 * @param {"good" | "warn"} kind
 */
function tell(words, kind) {
  const line = document.createElement("p");
  line.className = `notice ${kind}`;
  line.textContent = words;
  document.getElementById("notices")?.append(line);
  return line;
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
    // over plain HTTP there is no clipboard: what the admin wants is shown and selected instead
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
  setTimeout(() => line.remove(), 4_000);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  /** @type {HTMLElement} */ (button).hidden = false;
  button.addEventListener("click", () => copy(/** @type {HTMLElement} */ (button)));
}
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});
document.addEventListener("visibilitychange", () => void refresh());
setInterval(refresh, EVERY_MS);
moments.run();
