/**
 * Times in words. The server writes `<time datetime data-show="...">`; here they get the reader's language, zone and now.
 */

import { page, text } from "./page.js";

const relative = new Intl.RelativeTimeFormat(page.lang, { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(page.lang, { dateStyle: "long", timeStyle: "short" });
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
export function ago(at, now) {
  const seconds = (at.getTime() - now) / 1000;
  const found = UNITS.find(([, size]) => Math.abs(seconds) >= size);
  // the seconds of the first minute would change under the reader's eyes
  return found ? relative.format(Math.trunc(seconds / found[1]), found[0]) : text("just-now");
}

/** @param {Date} at */
export function date(at) {
  return absolute.format(at);
}

/**
 * "2:07:31", as a running clock.
 * @param {Date} since
 * @param {number} now  milliseconds
 */
export function elapsed(since, now) {
  const seconds = Math.max(0, Math.floor((now - since.getTime()) / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @type {Record<string, (at: Date, now: number) => string>} */
const SHOWN = { ago, elapsed, clock: (at) => timeOnly.format(at) };

/**
 * Puts `at` into a <time>, or empties it.
 * @param {Element | null} element
 * @param {Date | null} at
 */
export function set(element, at) {
  if (!element) return;
  if (at) element.setAttribute("datetime", at.toISOString());
  else element.removeAttribute("datetime");
  show(element);
}

/** @param {Element} element */
function show(element) {
  const datetime = element.getAttribute("datetime");
  const format = SHOWN[element.getAttribute("data-show") ?? ""] ?? date;
  const words = datetime ? format(new Date(datetime), Date.now()) : "";
  if (element.textContent !== words) element.textContent = words;
}

/**
 * Writes the times within `root`.
 * @param {ParentNode} root
 */
export function write(root) {
  root.querySelectorAll("time[data-show]").forEach(show);
}

/** Writes all times of the page, now and every second while it is seen. */
export function run() {
  const all = () => write(document);
  all();
  setInterval(() => document.hidden || all(), 1_000);
  document.addEventListener("visibilitychange", () => document.hidden || all());
}
