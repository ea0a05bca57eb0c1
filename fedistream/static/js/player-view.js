/**
 * Shows the page in one of its states. What depends on the state says so itself: an element with
 * `data-when="offline ended"` is shown in these states, one with `data-reachability="unreachable"` while the server does
 * not answer.
 */

import { page, setText, text } from "./page.js";
import * as relativeTime from "./relative-time.js";

/** @typedef {import("./player-state.js").State} State */
/** @typedef {import("./player-state.js").Reachability} Reachability */

/** The states whose beginning is announced to screen readers. */
const ANNOUNCED = new Set(["live", "waiting", "no-network", "unreachable", "ended", "failed", "unsupported"]);

/**
 * @param {Element} element
 * @param {string} attribute
 * @param {string} value
 */
function matches(element, attribute, value) {
  return element.getAttribute(attribute)?.split(" ").includes(value) ?? true;
}

export class PlayerView {
  /** @type {State} */
  state;
  /** @type {Reachability} */
  reachability = "ok";
  #announced = "";

  /** @param {Document} root */
  constructor(root) {
    this.root = root;
    this.state = /** @type {State} */ (root.body.dataset.state ?? "offline");
  }

  /**
   * @param {State} state
   * @param {Reachability} reachability
   */
  setState(state, reachability) {
    if (state === this.state && reachability === this.reachability) return;
    this.state = state;
    this.reachability = reachability;
    Object.assign(this.root.body.dataset, { state, reachability });
    for (const element of this.root.querySelectorAll("[data-when], [data-reachability]")) {
      if (element === this.root.body) continue;
      const shown = matches(element, "data-when", state) && matches(element, "data-reachability", reachability);
      /** @type {HTMLElement} */ (element).hidden = !shown;
    }
    this.#announce();
  }

  /**
   * Show the server's status as far as it is known: of a server that does not answer, the last status is out of date.
   * @param {import("./status-poller.js").Status} status
   */
  showStatus(status) {
    const lost = this.reachability !== "ok";
    const offline = status.state === "offline";
    const title = (!offline && status.title) || page.name; // an old title says nothing of a channel that is offline
    const badge = this.root.querySelector(".badge");
    badge?.setAttribute("data-state", lost ? "lost" : status.state);
    setText(badge, text(`badge.${lost ? "lost" : status.state}`));
    setText(this.root.getElementById("title"), title);
    this.root.title = text(lost ? "title.lost" : offline ? "title.offline" : "title.live", { title, name: page.name });
    const viewers = /** @type {HTMLElement | null} */ (this.root.querySelector(".viewers"));
    if (viewers) {
      viewers.hidden = status.viewers === null || offline || lost;
      setText(viewers.querySelector(".count"), text("viewers", { n: status.viewers ?? 0 }));
    }
    const uptime = /** @type {HTMLElement | null} */ (this.root.querySelector(".uptime"));
    if (uptime) uptime.hidden = status.startedAt === null || offline || lost;
    relativeTime.setTime(uptime?.querySelector("time") ?? null, status.startedAt);
    for (const time of this.root.querySelectorAll("time.last-end")) relativeTime.setTime(time, status.endedAt);
    for (const line of this.root.querySelectorAll(".last-live")) {
      /** @type {HTMLElement} */ (line).hidden = status.endedAt === null;
    }
  }

  /** Announce each new state once, and not again after a state that goes unannounced, such as a short stall. */
  #announce() {
    const lost = this.reachability !== "ok" && ["offline", "ended"].includes(this.state);
    const announcement = lost ? this.reachability : this.state;
    if (!ANNOUNCED.has(announcement) || announcement === this.#announced) return;
    this.#announced = announcement;
    setText(this.root.getElementById("player-announcer"), text(`announce.${announcement}`));
  }
}
