// @ts-check
// The page of the API: the search, and calls that are opened by a link to them.

const input = /** @type {HTMLInputElement} */ (document.getElementById("api-search"));
const found = /** @type {HTMLElement} */ (document.getElementById("api-found"));
const calls = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-search]"));
const groups = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".api-group"));

/** Show the calls that have every word of the search. */
function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const call of calls) {
    const text = call.dataset.search ?? "";
    call.hidden = !words.every((word) => text.includes(word));
    shown += call.hidden ? 0 : 1;
  }
  for (const group of groups) {
    const own = group.querySelectorAll("[data-search]");
    group.hidden = words.length > 0 && !group.querySelector("[data-search]:not([hidden])") && own.length > 0;
  }
  found.textContent = shown === 1 ? (found.dataset.one ?? "") : (found.dataset.many ?? "").replace("{n}", String(shown));
}

/** Open the call or the shape that the address names. */
function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

input.addEventListener("input", search);
window.addEventListener("hashchange", open);
search();
open();
