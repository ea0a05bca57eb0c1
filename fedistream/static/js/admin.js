/**
 * The admin page: what lives is asked for again and again, and what cannot be undone is asked about.
 * Everything works without this module too; then the page is reloaded by hand.
 */

import "./copy.js";
import * as moments from "./moments.js";
import { text } from "./page.js";

const EVERY_MS = 3_000;
const PATIENCE_MS = 8_000;

/** Replaces the live parts by the server's rendering of them, and only those that differ. */
async function refresh() {
  if (document.hidden || !document.querySelector("[data-live]")) return;
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

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

/** Shows the picture that was chosen, before it is sent. */
function preview(/** @type {HTMLInputElement} */ input) {
  const image = /** @type {HTMLImageElement | null} */ (document.getElementById(input.dataset.preview ?? ""));
  const file = input.files?.[0];
  if (!image || !image.parentElement) return;
  image.parentElement.hidden = !file;
  if (!file) return;
  // as data: the policy lets no page show blobs
  const reader = new FileReader();
  reader.addEventListener("load", () => (image.src = String(reader.result)));
  reader.readAsDataURL(file);
}
for (const input of document.querySelectorAll("[data-preview]")) {
  input.addEventListener("change", () => preview(/** @type {HTMLInputElement} */ (input)));
}

document.addEventListener("visibilitychange", () => void refresh());
setInterval(refresh, EVERY_MS);
moments.run();
