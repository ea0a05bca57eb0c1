/**
 * The log on the page: at most 200 lines, written once a frame, and still under the eyes of who reads further up.
 */

import { write, text } from "../page.js";
import { mark } from "./days.js";
import { continues, engagement, engages } from "./engagement.js";
import { build, dress, mentions } from "./lines.js";
import { park, stops } from "./stops.js";

/** @typedef {import("./engagement.js").Burst} Lines  those of one item: one, or a burst of engagements */

export const LONGEST = 200; // lines in the document, and as many waiting
const NEAR_PX = 48; // this close to the end counts as being there
const HIDDEN_PAGE_MS = 500; // frames stand still while nobody looks

/**
 * @param {import("./wire.js").Line[]} lines
 * @returns {lines is Lines}
 */
const isBurst = (lines) => lines.length > 0;

export class Log {
  /** @type {Lines[]} what the next frame writes, an item each */
  #waiting = [];
  /** @type {WeakMap<Element, Lines>} what the items of the list show */
  #shown = new WeakMap();
  /** @type {Set<string>} of the lines that are here or wait */
  #known = new Set();
  /** @type {Set<string>} those of them that are hidden */
  #hidden = new Set();
  /** The newest id that has left the log: ids sort by time, so one for all of them. */
  #left = "";
  #planned = false;
  #following = true;
  #unread = 0;
  #height = 0; // of the box, as last seen
  /** The name that is spoken to. */
  self = "";

  /**
   * @param {HTMLElement} scroll  what scrolls, and is the live region
   * @param {HTMLElement} list
   * @param {HTMLElement} more  the button that leads to the end
   */
  constructor(scroll, list, more) {
    this.scroll = scroll;
    this.list = list;
    this.more = more;
    scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    more.addEventListener("click", () => this.follow());
    list.addEventListener("click", (event) => {
      const pointer = event.target instanceof Element && event.target.closest("[data-to]");
      if (pointer) this.show(/** @type {HTMLElement} */ (pointer).dataset.to ?? "");
    });
    // a box that changes its size (a keyboard comes up, a phone is turned) stays at its end
    new ResizeObserver(() => {
      this.#height = scroll.clientHeight;
      if (this.#following) this.#toEnd();
    }).observe(scroll);
    stops(list);
  }

  /** @param {import("./wire.js").Line} line */
  add(line) {
    if (line.id && this.#known.has(line.id)) return;
    if (line.id) this.#known.add(line.id);
    if (line.hidden) this.#hidden.add(line.id);
    const last = this.#waiting.at(-1);
    if (last && continues(line, last)) last.push(line);
    else this.#waiting.push([line]);
    if (this.#waiting.length > LONGEST) this.#forget(this.#waiting.shift());
    if (line.kind === "chat" && !this.#following) this.#unread += 1;
    this.#plan();
  }

  /**
   * A line says something else now. One that is not here any more stays away.
   * @param {import("./wire.js").Line} line
   */
  edit(line) {
    if (!line.id) return;
    const changed = (/** @type {Lines} */ lines) =>
      /** @type {Lines} */ (lines.map((each) => (each.id === line.id ? line : each)));
    this.#waiting = this.#waiting.map(changed);
    const item = [...this.#items()].find((item) => this.#shown.get(item)?.some(({ id }) => id === line.id));
    const before = item && this.#shown.get(item);
    if (item && before) {
      const lines = changed(before);
      this.#refill(item, this.#item(lines));
      this.#shown.set(item, lines);
      mark(item, lines[0].at);
    }
    if (this.#following) this.#toEnd();
  }

  /** Go to a line. @param {string} id */
  show(id) {
    const item = this.#find(id);
    item?.scrollIntoView({ block: "center" });
    item?.focus({ preventScroll: true });
  }

  /**
   * The log as the server has it. What it no longer has between its first and last line was hidden meanwhile, and what
   * it has again is shown again. What has left the log does not come back below what is newer.
   * @param {import("./wire.js").Line[]} lines
   */
  fill(lines) {
    const chat = lines.filter((line) => line.kind === "chat");
    const there = new Set(chat.map((line) => line.id));
    const [first, last] = [chat[0]?.id ?? "", chat.at(-1)?.id ?? ""];
    for (const item of this.#items("chat")) {
      const id = item.dataset.id ?? "";
      if (id >= first && id <= last && there.has(id) === item.classList.contains("gone")) {
        this.setVisible([id], there.has(id));
      }
    }
    const quiet = this.list.childElementCount === 0;
    // who joins is not read a hundred old lines aloud
    if (quiet) this.scroll.setAttribute("aria-live", "off");
    for (const line of lines) {
      if (line.id && line.id <= this.#left && !this.#known.has(line.id)) continue;
      if (line.edited && this.#known.has(line.id) && this.#find(line.id)?.dataset.edited !== line.edited) this.edit(line);
      this.add(line);
    }
    this.#flush();
    if (quiet) requestAnimationFrame(() => this.scroll.setAttribute("aria-live", "polite"));
  }

  /**
   * @param {string[]} ids
   * @param {boolean} visible
   */
  setVisible(ids, visible) {
    const meant = new Set(ids);
    for (const id of ids) {
      if (visible) this.#hidden.delete(id);
      else if (this.#known.has(id)) this.#hidden.add(id);
    }
    for (const item of this.#items()) {
      if (this.#shown.get(item)?.some((line) => meant.has(line.id))) this.#hide(item);
    }
    if (this.#following) this.#toEnd();
  }

  /** @param {import("./wire.js").Person} person */
  repaint(person) {
    for (const item of this.#items("chat")) {
      const name = item.querySelector(".who");
      if (item.dataset.author === person.id && name instanceof HTMLElement) dress(name, person);
    }
  }

  /** To the newest line, and stay with it. */
  follow() {
    this.#following = true;
    this.#unread = 0;
    this.#flush();
    this.#toEnd();
  }

  /** @param {string} [kind]  or those of every kind */
  #items(kind) {
    const which = kind ? `[data-kind="${kind}"]` : "[data-kind]";
    return /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(`:scope > ${which}`));
  }

  /** @param {string} id */
  #find(id) {
    const found = [...this.list.children].find((item) => /** @type {HTMLElement} */ (item).dataset.id === id);
    return id ? /** @type {HTMLElement | undefined} */ (found) : undefined;
  }

  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    const run = () => this.#planned && this.#flush();
    if (document.hidden) setTimeout(run, HIDDEN_PAGE_MS);
    else requestAnimationFrame(run);
  }

  #flush() {
    this.#planned = false;
    this.#extend();
    if (this.#waiting.length) {
      this.#trim(this.list.childElementCount + this.#waiting.length - LONGEST);
      const room = LONGEST - this.list.childElementCount;
      const fresh = this.#waiting.splice(0, room).map((lines) => this.#item(lines));
      this.list.append(...fresh);
      for (const item of [this.list.firstElementChild, ...fresh]) this.#date(item);
    }
    if (this.#following) this.#toEnd();
    this.#tell();
  }

  /** The burst that waits goes on in the item that is last. */
  #extend() {
    const item = this.list.lastElementChild;
    const lines = item && this.#shown.get(item);
    const [next] = this.#waiting;
    if (!item || !lines || !next || !continues(next[0], lines)) return;
    this.#waiting.shift();
    const rest = next.slice(); // a burst is as long as it may be; what is left of the next begins one of its own
    while (rest[0] && continues(rest[0], lines)) lines.push(...rest.splice(0, 1));
    if (isBurst(rest)) this.#waiting.unshift(rest);
    this.#hide(/** @type {HTMLElement} */ (item));
  }

  /** @param {Lines} lines */
  #item(lines) {
    const [line] = lines;
    const item = build(line);
    this.#shown.set(item, lines);
    this.#hide(item);
    if (line.kind === "chat" && mentions(item.querySelector(".said")?.textContent ?? "", this.self)) {
      item.classList.add("to-me");
    }
    return item;
  }

  /**
   * Lets an item show what of it is not hidden.
   * @param {HTMLElement} item
   */
  #hide(item) {
    const lines = this.#shown.get(item);
    if (!lines) return;
    const left = lines.filter((line) => !this.#hidden.has(line.id));
    item.classList.toggle("gone", !left.length);
    // who is taken out of a burst is not named any more; a moderator sees what is hidden as a whole
    if (engages(lines[0])) item.querySelector(".engagement")?.replaceWith(engagement(isBurst(left) ? left : lines));
    if (!item.contains(document.activeElement)) park(item);
  }

  /** @param {Element | null} item */
  #date(item) {
    const line = item && this.#shown.get(item)?.[0];
    if (item instanceof HTMLElement && line) mark(item, line.at);
  }

  /**
   * Takes up to `count` of the oldest lines away; of those, who reads loses none that is in sight.
   * @param {number} count
   */
  #trim(count) {
    const before = this.scroll.scrollHeight;
    const top = this.scroll.scrollTop;
    let taken = 0;
    for (const item of [...this.list.children].slice(0, Math.max(0, count))) {
      if (!this.#following && /** @type {HTMLElement} */ (item).offsetTop + item.clientHeight > top) break;
      taken += 1;
      this.#forget(this.#shown.get(item));
    }
    if (!taken) return;
    const range = document.createRange();
    range.setStart(this.list, 0);
    range.setEnd(this.list, taken);
    range.deleteContents();
    if (!this.#following) this.scroll.scrollTop = top - (before - this.scroll.scrollHeight);
  }

  /**
   * Lets an item that is in use be like a fresh one, around what was opened in it: a field that is moved or made anew
   * loses the caret, and a word that is just being composed.
   * @param {HTMLElement} item
   * @param {HTMLElement} fresh
   */
  #refill(item, fresh) {
    const held = item.contains(document.activeElement);
    const open = item.querySelector(".actions");
    item.className = fresh.className;
    for (const name of Object.keys(item.dataset)) if (!(name in fresh.dataset)) delete item.dataset[name];
    Object.assign(item.dataset, fresh.dataset);
    if (open) fresh.querySelector("button.who")?.setAttribute("aria-expanded", "true");
    for (const part of [...item.childNodes]) if (part !== open) part.remove();
    item.prepend(...fresh.childNodes);
    // it was on what is not there any more, such as the name
    if (held && !item.contains(document.activeElement)) item.focus({ preventScroll: true });
  }

  /** @param {Lines} [lines] */
  #forget(lines) {
    for (const { id } of lines ?? []) {
      this.#known.delete(id);
      this.#hidden.delete(id);
      if (id > this.#left) this.#left = id;
    }
  }

  #toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  #scrolled() {
    // the box became smaller under a scroll that was on its way: nobody has left the end
    if (this.scroll.clientHeight !== this.#height) return;
    const near = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR_PX;
    if (near === this.#following) return;
    this.#following = near;
    if (near) {
      this.#unread = 0;
      this.#plan();
    }
    this.#tell();
  }

  #tell() {
    this.more.hidden = this.#following;
    write(this.more, this.#unread ? text("chat.new", { n: this.#unread }) : text("chat.latest"));
  }
}
