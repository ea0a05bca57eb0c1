/**
 * The day above the first line of each day that is not the day of the line before; the page opens with today.
 */

import { make } from "./elements.js";

const lang = document.documentElement.lang || undefined;
const near = new Intl.DateTimeFormat(lang, { weekday: "long", day: "numeric", month: "long" });
const far = new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", year: "numeric" });

/**
 * The reader's day of a moment, "" for a line that says none.
 * @param {Date} at
 */
export function day(at) {
  return at.getTime() ? `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}` : "";
}

/**
 * In words, with the year where it is not this one.
 * @param {Date} at
 * @param {Date} now
 */
export function words(at, now) {
  return (at.getFullYear() === now.getFullYear() ? near : far).format(at);
}

/**
 * Gives a line that stands in the log its day, or takes it away.
 * @param {HTMLElement} item
 * @param {Date} at
 * @param {Date} [now]
 */
export function mark(item, at, now = new Date()) {
  item.dataset.day = day(at);
  const before = item.previousElementSibling;
  const last = before instanceof HTMLElement ? before.dataset.day : day(now);
  const divider = item.querySelector(":scope > .day");
  if (!item.dataset.day || item.dataset.day === last) divider?.remove();
  else if (!divider) item.prepend(make("p", "day", words(at, now)));
}
