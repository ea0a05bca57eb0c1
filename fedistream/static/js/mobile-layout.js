/**
 * The watch page on small screens: the tabs, and the room that an on-screen keyboard leaves. watch-tabs.css says what is
 * shown when.
 */

import { find, setText, text } from "./page.js";

const COMPACT_PX = 480; // below this height there is room for the picture, the log and the composer alone
const KEYBOARD_RATIO = 0.8; // of the greatest height seen, or less: a keyboard is open

const chat = find(document, "#chat", HTMLElement);
const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".watch-tabs [role=tab]")]);
const chatTab = find(document, ".watch-tabs [aria-controls=chat]", HTMLElement);
const announcer = find(document, "#unread-announcer", HTMLElement);

/** Messages that came while another tab was shown. */
let unread = 0;

/** @param {HTMLElement} selected */
function selectTab(selected) {
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab === selected));
    tab.tabIndex = tab === selected ? 0 : -1;
  }
  document.body.dataset.tab = selected.getAttribute("aria-controls") ?? "";
  if (selected === chatTab) setUnread(0);
}

/** @param {number} count */
function setUnread(count) {
  // the first message is announced; the others only change the name of the tab, which interrupts nobody
  if (unread === 0 || count === 0) setText(announcer, count ? text("chat.unread") : "");
  unread = count;
  const badge = find(chatTab, ".unread", HTMLElement);
  badge.hidden = !count;
  setText(badge.querySelector("[aria-hidden]"), count > 99 ? "99+" : String(count));
  setText(badge.querySelector(".sr-only"), count ? text("chat.new", { n: count }) : "");
}

chat.addEventListener("chat-message", () => {
  // on a large screen there are no tabs, and the chat is always visible
  if (document.body.dataset.tab !== "chat" && chatTab.getClientRects().length) setUnread(unread + 1);
});

/** @type {Record<string, (index: number) => number>} */
const TAB_KEYS = { ArrowLeft: (index) => index - 1, ArrowRight: (index) => index + 1, Home: () => 0, End: () => -1 };

/** @param {KeyboardEvent} event */
function onTabKey(event) {
  const index = TAB_KEYS[event.key]?.(tabs.indexOf(/** @type {HTMLElement} */ (event.currentTarget)));
  const next = index === undefined ? undefined : tabs.at(index % tabs.length);
  if (!next) return;
  event.preventDefault();
  selectTab(next);
  next.focus();
}

/** The greatest height seen at the present width. */
const greatest = { width: 0, height: 0 };

/**
 * Fit the page into what is visible. Safari lays its keyboard over the page and moves the page up; other browsers make
 * the page smaller. The visual viewport is the same in all of them.
 * @param {VisualViewport} viewport
 */
function fitViewport({ width, height, offsetTop, scale }) {
  if (scale > 1.01) return; // the page is zoomed with two fingers
  const { style } = document.documentElement;
  style.setProperty("--visible-height", `${height}px`);
  style.setProperty("--visible-top", `${offsetTop}px`);
  if (width !== greatest.width) Object.assign(greatest, { width, height: 0 });
  greatest.height = Math.max(greatest.height, height);
  const compact = height < Math.min(COMPACT_PX, KEYBOARD_RATIO * greatest.height);
  document.body.toggleAttribute("data-typing", compact && document.activeElement?.id === "chat-input");
}

selectTab(chatTab);
for (const tab of tabs) {
  tab.addEventListener("click", () => selectTab(tab));
  tab.addEventListener("keydown", onTabKey);
}
// the skip link leads to the chat, which another tab may hide
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("a[href='#chat']")) selectTab(chatTab);
});
const { visualViewport: viewport } = window;
if (viewport) {
  const update = () => fitViewport(viewport);
  for (const event of ["resize", "scroll"]) viewport.addEventListener(event, update);
  for (const event of ["focusin", "focusout"]) document.addEventListener(event, () => requestAnimationFrame(update));
  update();
}
