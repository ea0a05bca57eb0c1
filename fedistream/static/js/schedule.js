/**
 * The next streams on the watch page: their list, and the countdown to the first of them while the channel is offline.
 * Both follow the schedule while the page is open.
 */

import { page } from "./page.js";
import { statusPoller } from "./page-status.js";
import { setTime } from "./relative-time.js";

const SHOWN = 5;
const TIMEOUT_MS = 5_000;

/**
 * @typedef {object} Listed
 * @property {string} id
 * @property {string} name
 * @property {Date} startsAt
 * @property {Date} endsAt
 */

/**
 * Return the events to list of an answer of the schedule: those that are not over or cancelled.
 * @param {unknown} answer
 * @param {number} now  milliseconds
 * @returns {Listed[]}
 */
export function parseEvents(answer, now) {
  const given = Array.isArray(answer) ? answer : [];
  return given
    .filter((each) => each?.status === "scheduled" && typeof each.id === "string" && typeof each.name === "string")
    .map(({ id, name, startTime, durationMinutes }) => {
      const startsAt = new Date(startTime);
      return { id, name, startsAt, endsAt: new Date(startsAt.getTime() + durationMinutes * 60_000) };
    })
    .filter((each) => each.endsAt.getTime() > now)
    .slice(0, SHOWN);
}

/** @param {import("./status-poller.js").ScheduledEvent | null} event */
const keyOf = (event) => (event ? `${event.id} ${event.startsAt.getTime()} ${event.name}` : "");

/** @param {HTMLElement} section */
function follow(section) {
  const list = /** @type {HTMLElement} */ (section.querySelector(".schedule-list"));
  const countdown = section.querySelector(".schedule-countdown");
  let shown = keyOf(statusPoller.latest.event);

  /** @param {Listed} event */
  const item = (event) => {
    const made = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${section.dataset.path}${encodeURIComponent(event.id)}`;
    const name = document.createElement("bdi");
    name.textContent = event.name;
    link.append(name);
    const time = document.createElement("time");
    time.className = "muted";
    time.dataset.format = "date";
    setTime(time, event.startsAt);
    made.append(link, " ", time);
    return made;
  };

  const reload = async () => {
    const key = keyOf(statusPoller.latest.event);
    if (key === shown) return;
    shown = key;
    try {
      const response = await fetch(page.urls.schedule, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw new Error(String(response.status));
      list.replaceChildren(...parseEvents(await response.json(), Date.now()).map(item));
    } catch {
      shown = ""; // with the next status
    }
  };

  const update = () => {
    const { event, state, skew } = statusPoller.latest;
    section.hidden = !event;
    if (countdown instanceof HTMLElement) {
      countdown.hidden = !event || state !== "offline";
      countdown.classList.toggle("is-due", event !== null && event.startsAt.getTime() <= Date.now() + (skew ?? 0));
      if (event) setTime(countdown.querySelector("time"), event.startsAt);
    }
    void reload();
  };
  statusPoller.addEventListener("status", update);
  update();
}

const section = document.querySelector(".schedule");
if (section instanceof HTMLElement) follow(section);
