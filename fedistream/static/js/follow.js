/**
 * The box that helps to follow from elsewhere: asks the node where an account can follow, and shows that server before
 * anybody is sent there. Without this module the form leads to a page that does the same.
 */

import "./copy.js";
import { text, write } from "./page.js";

const PATIENCE_MS = 20_000; // the node asks the visitor's server, which may be slow

const form = /** @type {HTMLFormElement | null} */ (document.querySelector(".follow-form"));
const said = document.querySelector(".follow-said");
const target = /** @type {HTMLElement | null} */ (document.querySelector(".follow-target"));
const link = /** @type {HTMLAnchorElement | null} */ (target?.querySelector("a") ?? null);
const box = /** @type {HTMLDetailsElement | null} */ (document.querySelector("details.follow"));
const account = /** @type {HTMLInputElement | null} */ (form?.elements.namedItem("account") ?? null);

/**
 * @param {string} words
 * @param {boolean} [bad]
 */
function say(words, bad = false) {
  said?.classList.toggle("bad", bad);
  account?.toggleAttribute("aria-invalid", bad);
  write(said, words);
}

/** @returns {Promise<URL>} */
async function find(/** @type {string} */ typed) {
  const response = await fetch("/api/remotefollow", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ account: typed }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.error ?? answer.message);
  const url = new URL(answer.redirectUrl);
  if (url.protocol !== "https:") throw new Error(url.protocol);
  return url;
}

/** The node said why not, in words for people. */
class Refused extends Error {}

async function submit() {
  if (!form || !target || !link || !account) return;
  const button = form.querySelector("button");
  target.hidden = true;
  say(text("follow.asking"));
  if (button) button.disabled = true;
  try {
    const url = await find(account.value.trim());
    link.href = url.href;
    write(link, text("follow.continue", { host: url.host }));
    target.hidden = false;
    say("");
    link.focus();
  } catch (error) {
    const why = error instanceof Refused ? error.message : "";
    say(why ? `${why.charAt(0).toUpperCase()}${why.slice(1)}.` : text("follow.failed"), true);
    account.focus();
  } finally {
    if (button) button.disabled = false;
  }
}

/** A link to the page of the box opens the box that is here. */
function open(/** @type {Event} */ event) {
  if (!box) return;
  event.preventDefault();
  box.open = true;
  account?.focus();
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
// as little as it takes: what is playing stays in sight
box?.addEventListener("toggle", () => box.open && box.scrollIntoView({ block: "nearest" }));
for (const each of document.querySelectorAll('a[href="/follow"]')) each.addEventListener("click", open);
