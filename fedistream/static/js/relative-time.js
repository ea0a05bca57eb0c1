/**
 * Times in words. The server writes `<time datetime data-format="...">`; this module writes them in the reader's language
 * and time zone, relative to the present.
 */

import { page, text } from "./page.js";

const relative = new Intl.RelativeTimeFormat(page.lang, { numeric: "auto" });
const dateAndTime = new Intl.DateTimeFormat(page.lang, { dateStyle: "long", timeStyle: "short" });
const timeOnly = new Intl.DateTimeFormat(page.lang, { timeStyle: "medium" });

/** @type {ReadonlyArray<[Intl.RelativeTimeFormatUnit, number]>} */
const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/**
 * "3 hours ago", "yesterday", "just now".
 * @param {Date} at
 * @param {number} now  milliseconds
 */
export function formatRelative(at, now) {
  const seconds = (at.getTime() - now) / 1000;
  const found = UNITS.find(([, size]) => Math.abs(seconds) >= size);
  // the seconds of the first minute would change while one reads them
  return found ? relative.format(Math.trunc(seconds / found[1]), found[0]) : text("just-now");
}

/** @param {Date} at */
export function formatDate(at) {
  return dateAndTime.format(at);
}

/**
 * "2:07:31", as a running clock.
 * @param {Date} since
 * @param {number} now  milliseconds
 */
export function formatElapsed(since, now) {
  const seconds = Math.max(0, Math.floor((now - since.getTime()) / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * "in 3 days", and in the last day "2:07:31", as a clock that runs backwards.
 * @param {Date} at
 * @param {number} now  milliseconds
 */
export function formatCountdown(at, now) {
  return at.getTime() - now >= 86_400_000 ? formatRelative(at, now) : formatElapsed(new Date(now), at.getTime());
}

/** @type {Record<string, (at: Date, now: number) => string>} */
const FORMATS = {
  relative: formatRelative,
  date: formatDate,
  elapsed: formatElapsed,
  countdown: formatCountdown,
  clock: (at) => timeOnly.format(at),
};

/**
 * Put a time into a <time>, or empty it.
 * @param {Element | null} element
 * @param {Date | null} at
 */
export function setTime(element, at) {
  if (!element) return;
  if (at) element.setAttribute("datetime", at.toISOString());
  else element.removeAttribute("datetime");
  updateTime(element);
}

/** @param {Element} element */
function updateTime(element) {
  const datetime = element.getAttribute("datetime");
  const format = FORMATS[element.getAttribute("data-format") ?? ""] ?? formatDate;
  const words = datetime ? format(new Date(datetime), Date.now()) : "";
  if (element.textContent !== words) element.textContent = words;
}

/**
 * Write the times within `root`.
 * @param {ParentNode} root
 */
export function updateTimes(root) {
  root.querySelectorAll("time[data-format]").forEach(updateTime);
}

/** Write all times of the page, now and every second while the page is visible. */
export function startUpdatingTimes() {
  const update = () => updateTimes(document);
  update();
  setInterval(() => document.hidden || update(), 1_000);
  document.addEventListener("visibilitychange", () => document.hidden || update());
}
