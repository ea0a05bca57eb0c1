/**
 * The page in one of its states. Everything that depends on the state says so itself: `data-when="offline ended"`.
 */

import * as moments from "./moments.js";
import { page, text, write } from "./page.js";

/** @typedef {"offline" | "starting" | "live" | "waiting" | "ended" | "unplayable"} State */

/** What is said aloud when a state begins; the others go without words. */
const SPOKEN = new Set(["live", "waiting", "ended", "unplayable"]);

export class Stage {
  /** @type {State} */
  state;

  /** @param {Document} root */
  constructor(root) {
    this.root = root;
    this.state = /** @type {State} */ (root.body.dataset.state ?? "offline");
  }

  /** @param {State} state */
  enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.root.body.dataset.state = state;
    for (const element of this.root.querySelectorAll("[data-when]")) {
      /** @type {HTMLElement} */ (element).hidden = !element.getAttribute("data-when")?.split(" ").includes(state);
    }
    if (SPOKEN.has(state)) write(this.root.getElementById("spoken"), text(`spoken.${state}`));
  }

  /** @param {import("./status.js").Status} status */
  describe(status) {
    const badge = this.root.querySelector(".badge");
    badge?.setAttribute("data-state", status.state);
    write(badge, text(`badge.${status.state}`));
    write(this.root.getElementById("title"), status.title || page.name);
    this.root.title = text(status.state === "offline" ? "title.offline" : "title.live", {
      title: status.title || page.name,
      name: page.name,
    });
    const viewers = /** @type {HTMLElement | null} */ (this.root.querySelector(".viewers"));
    if (viewers) {
      viewers.hidden = status.viewers === null || status.state === "offline";
      write(viewers.querySelector(".count"), text("viewers", { n: status.viewers ?? 0 }));
    }
    const since = /** @type {HTMLElement | null} */ (this.root.querySelector(".since-start"));
    if (since) since.hidden = status.startedAt === null || status.state === "offline";
    moments.set(since?.querySelector("time") ?? null, status.startedAt);
    for (const time of this.root.querySelectorAll("time.last-end")) moments.set(time, status.endedAt);
    for (const line of this.root.querySelectorAll(".since")) {
      /** @type {HTMLElement} */ (line).hidden = status.endedAt === null;
    }
  }

  /** @param {boolean} reachable */
  connection(reachable) {
    const notice = this.root.getElementById("unreachable");
    if (!notice) return;
    notice.hidden = reachable;
  }
}
