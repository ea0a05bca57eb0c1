/**
 * The date above the first line of a day. The page opens with today, so today's first line needs no date.
 */

import { create } from "./elements.js";

const lang = document.documentElement.lang || undefined;
const withoutYear = new Intl.DateTimeFormat(lang, { weekday: "long", day: "numeric", month: "long" });
const withYear = new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", year: "numeric" });

/**
 * Return the day in the reader's time zone, "" for a line without a time.
 * @param {Date} at
 */
export function dayKey(at) {
  return at.getTime() ? `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}` : "";
}

/**
 * Return the date in words, with the year if it is not the present one.
 * @param {Date} at
 * @param {Date} now
 */
export function formatDay(at, now) {
  return (at.getFullYear() === now.getFullYear() ? withoutYear : withYear).format(at);
}

/**
 * Add the date to an item of the log, or remove it, whichever the item before it calls for.
 * @param {HTMLElement} item
 * @param {Date} at
 * @param {Date} [now]
 */
export function updateDateDivider(item, at, now = new Date()) {
  item.dataset.day = dayKey(at);
  const before = item.previousElementSibling;
  const previousDay = before instanceof HTMLElement ? before.dataset.day : dayKey(now);
  const divider = item.querySelector(":scope > .date-divider");
  if (!item.dataset.day || item.dataset.day === previousDay) divider?.remove();
  else if (!divider) item.prepend(create("p", "date-divider", formatDay(at, now)));
}
