/**
 * The page in one of its states. Everything that depends on the state says so itself: `data-when="offline ended"`, and
 * `data-reach="away"` where it depends on how the node is reached.
 */

import * as moments from "./moments.js";
import { page, text, write } from "./page.js";

/** @typedef {import("./situation.js").State} State */
/** @typedef {import("./situation.js").Reach} Reach */

/** What is said aloud when a state begins; the others go without words. */
const SPOKEN = new Set(["live", "waiting", "network", "away", "ended", "broken", "unplayable"]);

/**
 * @param {Element} element
 * @param {string} attribute
 * @param {string} value
 */
function fits(element, attribute, value) {
  return element.getAttribute(attribute)?.split(" ").includes(value) ?? true;
}

export class Stage {
  /** @type {State} */
  state;
  /** @type {Reach} */
  reach = "ok";
  #spoken = "";

  /** @param {Document} root */
  constructor(root) {
    this.root = root;
    this.state = /** @type {State} */ (root.body.dataset.state ?? "offline");
  }

  /**
   * @param {State} state
   * @param {Reach} reach
   */
  enter(state, reach) {
    if (state === this.state && reach === this.reach) return;
    this.state = state;
    this.reach = reach;
    Object.assign(this.root.body.dataset, { state, reach });
    for (const element of this.root.querySelectorAll("[data-when], [data-reach]")) {
      if (element === this.root.body) continue;
      const shown = fits(element, "data-when", state) && fits(element, "data-reach", reach);
      /** @type {HTMLElement} */ (element).hidden = !shown;
    }
    this.#speak();
  }

  /**
   * The status, as far as it is known: of a node that does not answer, what it said last is no news.
   * @param {import("./status.js").Status} status
   */
  describe(status) {
    const lost = this.reach !== "ok";
    const over = status.state === "offline";
    const title = (!over && status.title) || page.name; // what was said of the last broadcast ended with it
    const badge = this.root.querySelector(".badge");
    badge?.setAttribute("data-state", lost ? "lost" : status.state);
    write(badge, text(`badge.${lost ? "lost" : status.state}`));
    write(this.root.getElementById("title"), title);
    this.root.title = text(lost ? "title.lost" : over ? "title.offline" : "title.live", { title, name: page.name });
    const viewers = /** @type {HTMLElement | null} */ (this.root.querySelector(".viewers"));
    if (viewers) {
      viewers.hidden = status.viewers === null || over || lost;
      write(viewers.querySelector(".count"), text("viewers", { n: status.viewers ?? 0 }));
    }
    const since = /** @type {HTMLElement | null} */ (this.root.querySelector(".since-start"));
    if (since) since.hidden = status.startedAt === null || over || lost;
    moments.set(since?.querySelector("time") ?? null, status.startedAt);
    for (const time of this.root.querySelectorAll("time.last-end")) moments.set(time, status.endedAt);
    for (const line of this.root.querySelectorAll(".since")) {
      /** @type {HTMLElement} */ (line).hidden = status.endedAt === null;
    }
  }

  /** Once for each turn, and not again for a hitch in between. */
  #speak() {
    const lost = this.reach !== "ok" && ["offline", "ended"].includes(this.state);
    const turn = lost ? this.reach : this.state;
    if (!SPOKEN.has(turn) || turn === this.#spoken) return;
    this.#spoken = turn;
    write(this.root.getElementById("spoken"), text(`spoken.${turn}`));
  }
}
