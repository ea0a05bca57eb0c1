/**
 * The admin pages: refreshes the live parts, and asks before what cannot be undone. Everything works without this module
 * too; then the page is reloaded by hand.
 */

import "./copy-button.js";
import { page, text } from "./page.js";
import * as relativeTime from "./relative-time.js";

const REFRESH_MS = 3_000;
const TIMEOUT_MS = 8_000;

/** Replace the live parts that differ by the server's new rendering. */
async function refresh() {
  if (document.hidden || !document.querySelector("[data-live]")) return;
  const outdated = document.getElementById("outdated");
  try {
    // as a page: after the end of the session the answer leads to the login form, while a program would get a challenge,
    // for which the browser opens a dialog
    const headers = { Accept: "text/html" };
    const response = await fetch(page.urls.live, { cache: "no-store", headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.redirected) return location.reload();
    if (!response.ok) throw new Error(String(response.status));
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) updatePart(part, fresh.getElementById(part.id));
    const disconnect = document.getElementById("disconnect");
    if (disconnect) disconnect.hidden = fresh.getElementById("disconnect")?.hidden ?? true;
    outdated?.remove();
  } catch {
    if (!outdated) showNotice(text("outdated"), "warning").id = "outdated";
  }
}

/** @type {WeakMap<Element, string>} */
const lastHtml = new WeakMap();

/**
 * @param {Element} part
 * @param {HTMLElement | null} fresh
 */
function updatePart(part, fresh) {
  if (!fresh || lastHtml.get(part) === fresh.innerHTML) return;
  lastHtml.set(part, fresh.innerHTML);
  part.replaceChildren(...fresh.childNodes);
  relativeTime.updateTimes(part);
}

/**
 * @param {string} message
 * @param {"success" | "warning"} kind
 */
function showNotice(message, kind) {
  const line = document.createElement("p");
  line.className = `notice ${kind}`;
  line.textContent = message;
  document.getElementById("notices")?.append(line);
  return line;
}

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

/**
 * Show an image that was chosen before it is sent.
 * @param {HTMLInputElement} input
 */
function previewImage(input) {
  const image = /** @type {HTMLImageElement | null} */ (document.getElementById(input.dataset.preview ?? ""));
  const file = input.files?.[0];
  if (!image || !image.parentElement) return;
  image.parentElement.hidden = !file;
  if (!file) return;
  // as a data URL: the content security policy allows no blobs
  const reader = new FileReader();
  reader.addEventListener("load", () => (image.src = String(reader.result)));
  reader.readAsDataURL(file);
}
for (const input of document.querySelectorAll("[data-preview]")) {
  if (input instanceof HTMLInputElement) input.addEventListener("change", () => previewImage(input));
}

document.addEventListener("visibilitychange", () => void refresh());
setInterval(refresh, REFRESH_MS);
relativeTime.startUpdatingTimes();

// streams are planned in the time zone of the streamer, as far as the page can know it
for (const select of document.querySelectorAll("select[data-local-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const option = [.../** @type {HTMLSelectElement} */ (select).options].find((each) => each.value === zone);
  if (option) option.selected = true;
}

/**
 * Tests of push go to this browser alone: the node finds its subscription by the endpoint.
 * @param {HTMLInputElement} field
 */
async function fillEndpoint(field) {
  const registration = await navigator.serviceWorker?.getRegistration("/");
  field.value = (await registration?.pushManager?.getSubscription())?.endpoint ?? "";
}

const endpoint = document.querySelector("form[data-push-test] [name=endpoint]");
if (endpoint instanceof HTMLInputElement) fillEndpoint(endpoint).catch(console.warn);
