/**
 * The form to follow from another server: asks the node where the visitor's account can follow, and shows that server
 * before the visitor goes there. Without this module the form leads to a page that does the same.
 */

import "./copy-button.js";
import { find, page, setText, text } from "./page.js";

const TIMEOUT_MS = 20_000; // the node asks the visitor's server, which may be slow

const form = find(document, ".follow-form", HTMLFormElement);
const button = find(form, "button", HTMLButtonElement);
const accountField = find(form, "[name=account]", HTMLInputElement);
const statusLine = find(document, ".follow-status", HTMLElement);
const target = find(document, ".follow-target", HTMLElement);
const targetLink = find(target, "a", HTMLAnchorElement);
const disclosure = /** @type {HTMLDetailsElement | null} */ (document.querySelector("details.follow"));

/** The node refused, and says why in words for people. */
class Refused extends Error {}

/**
 * @param {string} message
 * @param {boolean} [isError]
 */
function showStatus(message, isError = false) {
  statusLine.classList.toggle("is-error", isError);
  accountField.toggleAttribute("aria-invalid", isError);
  setText(statusLine, message);
}

/**
 * @param {string} account
 * @returns {Promise<URL>}
 */
async function findServer(account) {
  const response = await fetch(page.urls.remoteFollow, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ account }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.error ?? answer.message);
  const url = new URL(answer.redirectUrl);
  if (url.protocol !== "https:") throw new Error(url.protocol);
  return url;
}

async function submit() {
  target.hidden = true;
  showStatus(text("follow.asking"));
  button.disabled = true;
  try {
    const url = await findServer(accountField.value.trim());
    targetLink.href = url.href;
    setText(targetLink, text("follow.continue", { host: url.host }));
    target.hidden = false;
    showStatus("");
    targetLink.focus();
  } catch (error) {
    const reason = error instanceof Refused ? error.message : "";
    showStatus(reason ? `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` : text("follow.failed"), true);
    accountField.focus();
  } finally {
    button.disabled = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
if (disclosure) {
  // scrolls as little as possible, so that the picture stays in sight
  disclosure.addEventListener("toggle", () => disclosure.open && disclosure.scrollIntoView({ block: "nearest" }));
  // links to the follow page open the form that is on this page
  for (const link of document.querySelectorAll("a[data-opens=follow]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      disclosure.open = true;
      accountField.focus();
    });
  }
}
