/**
 * The log on the page: at most 200 lines, written once per animation frame, that do not move while somebody reads further
 * up.
 */

import { setText, text } from "../page.js";
import { updateDateDivider } from "./date-divider.js";
import { continuesBurst, engagementLine, isEngagement } from "./engagement.js";
import { mentionsName, paintName, renderLine } from "./render-line.js";
import { removeTabStops, setUpRovingTabindex } from "./roving-tabindex.js";

/** @typedef {import("./protocol.js").Line} Line */
/** @typedef {import("./engagement.js").Burst} Lines  the lines of one item: one, or a burst of engagements */

export const MAX_LINES = 200; // in the document, and as many in the queue
const NEAR_END_PX = 48; // this close to the end counts as the end
const HIDDEN_PAGE_MS = 500; // a hidden page has no animation frames

/**
 * @param {Line[]} lines
 * @returns {lines is Lines}
 */
const notEmpty = (lines) => lines.length > 0;

export class ChatLog {
  /** @type {Lines[]} what the next frame adds, one entry for each item */
  #queue = [];
  /** @type {WeakMap<Element, Lines>} the lines that an item of the list shows */
  #linesOf = new WeakMap();
  /** @type {Set<string>} ids of the lines that are shown or queued */
  #knownIds = new Set();
  /** @type {Set<string>} those of them that a moderator has hidden */
  #hiddenIds = new Set();
  /** The newest id that was removed. Ids sort by time, so it stands for all that were removed. */
  #newestRemovedId = "";
  #flushScheduled = false;
  #atEnd = true;
  #unread = 0;
  #height = 0;
  /** The name whose mentions are highlighted. */
  selfName = "";

  /**
   * @param {HTMLElement} scroll  the element that scrolls, which is the live region too
   * @param {HTMLElement} list
   * @param {HTMLElement} newButton  scrolls to the end
   */
  constructor(scroll, list, newButton) {
    this.scroll = scroll;
    this.list = list;
    this.newButton = newButton;
    scroll.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    newButton.addEventListener("click", () => this.scrollToEnd());
    list.addEventListener("click", (event) => {
      const link = event.target instanceof Element && event.target.closest("[data-reply-to]");
      if (link) this.scrollToLine(/** @type {HTMLElement} */ (link).dataset.replyTo ?? "");
    });
    // a log whose size changes (a keyboard opens, a phone is turned) stays at its end
    new ResizeObserver(() => {
      this.#height = scroll.clientHeight;
      if (this.#atEnd) this.#pinToEnd();
    }).observe(scroll);
    setUpRovingTabindex(list);
  }

  /** @param {Line} line */
  add(line) {
    if (line.id && this.#knownIds.has(line.id)) return;
    if (line.id) this.#knownIds.add(line.id);
    if (line.hidden) this.#hiddenIds.add(line.id);
    const last = this.#queue.at(-1);
    if (last && continuesBurst(line, last)) last.push(line);
    else this.#queue.push([line]);
    if (this.#queue.length > MAX_LINES) this.#forgetLines(this.#queue.shift() ?? []);
    if (line.kind === "chat" && !this.#atEnd) this.#unread += 1;
    this.#scheduleFlush();
  }

  /**
   * Show the new text of a line that was edited. A line that was removed stays away.
   * @param {Line} line
   */
  update(line) {
    if (!line.id) return;
    const replace = (/** @type {Line} */ each) => (each.id === line.id ? line : each);
    this.#queue = this.#queue.map(([first, ...rest]) => [replace(first), ...rest.map(replace)]);
    const item = [...this.#items()].find((item) => this.#linesOf.get(item)?.some(({ id }) => id === line.id));
    const before = item && this.#linesOf.get(item);
    if (item && before) {
      const [first, ...rest] = before;
      /** @type {Lines} */
      const lines = [replace(first), ...rest.map(replace)];
      this.#replaceContent(item, this.#renderItem(lines));
      this.#linesOf.set(item, lines);
      updateDateDivider(item, lines[0].at);
    }
    if (this.#atEnd) this.#pinToEnd();
  }

  /** @param {string} id */
  scrollToLine(id) {
    const item = this.#findItem(id);
    item?.scrollIntoView({ block: "center" });
    item?.focus({ preventScroll: true });
  }

  /**
   * Bring the log in line with the server's history: what is missing there, between its first and its last line, was
   * hidden meanwhile, and what is there again was shown again. A line that was removed does not come back below newer
   * ones.
   * @param {Line[]} lines
   */
  setHistory(lines) {
    const chat = lines.filter((line) => line.kind === "chat");
    const ids = new Set(chat.map((line) => line.id));
    const [first, last] = [chat[0]?.id ?? "", chat.at(-1)?.id ?? ""];
    for (const item of this.#items("chat")) {
      const id = item.dataset.id ?? "";
      if (id >= first && id <= last && ids.has(id) === item.classList.contains("is-hidden")) {
        this.setVisibility([id], ids.has(id));
      }
    }
    const wasEmpty = this.list.childElementCount === 0;
    // a screen reader does not read a hundred old messages to somebody who joins
    if (wasEmpty) this.scroll.setAttribute("aria-live", "off");
    for (const line of lines) {
      if (line.id && line.id <= this.#newestRemovedId && !this.#knownIds.has(line.id)) continue;
      const wasEdited = line.editedAt && this.#findItem(line.id)?.dataset.edited !== line.editedAt;
      if (wasEdited && this.#knownIds.has(line.id)) this.update(line);
      this.add(line);
    }
    this.#flush();
    if (wasEmpty) requestAnimationFrame(() => this.scroll.setAttribute("aria-live", "polite"));
  }

  /**
   * @param {string[]} ids
   * @param {boolean} visible
   */
  setVisibility(ids, visible) {
    const changed = new Set(ids);
    for (const id of ids) {
      if (visible) this.#hiddenIds.delete(id);
      else if (this.#knownIds.has(id)) this.#hiddenIds.add(id);
    }
    for (const item of this.#items()) {
      if (this.#linesOf.get(item)?.some((line) => changed.has(line.id))) this.#updateVisibility(item);
    }
    if (this.#atEnd) this.#pinToEnd();
  }

  /** @param {import("./protocol.js").Person} person */
  repaintName(person) {
    for (const item of this.#items("chat")) {
      const name = item.querySelector(".author");
      if (item.dataset.author === person.id && name instanceof HTMLElement) paintName(name, person);
    }
  }

  /** Go to the newest line, and stay at the end. */
  scrollToEnd() {
    this.#atEnd = true;
    this.#unread = 0;
    this.#flush();
    this.#pinToEnd();
  }

  /** @param {string} [kind]  without it, the items of every kind */
  #items(kind) {
    const attribute = kind ? `[data-kind="${kind}"]` : "[data-kind]";
    return /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(`:scope > ${attribute}`));
  }

  /** @param {string} id */
  #findItem(id) {
    const found = [...this.list.children].find((item) => /** @type {HTMLElement} */ (item).dataset.id === id);
    return id ? /** @type {HTMLElement | undefined} */ (found) : undefined;
  }

  #scheduleFlush() {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    const run = () => this.#flushScheduled && this.#flush();
    if (document.hidden) setTimeout(run, HIDDEN_PAGE_MS);
    else requestAnimationFrame(run);
  }

  #flush() {
    this.#flushScheduled = false;
    this.#extendBurst();
    if (this.#queue.length) {
      this.#trim(this.list.childElementCount + this.#queue.length - MAX_LINES);
      const free = MAX_LINES - this.list.childElementCount;
      const added = this.#queue.splice(0, free).map((lines) => this.#renderItem(lines));
      this.list.append(...added);
      for (const item of [this.list.firstElementChild, ...added]) this.#updateDate(item);
    }
    if (this.#atEnd) this.#pinToEnd();
    this.#updateNewButton();
  }

  /** Add queued engagements to the last item of the list if they continue its burst. */
  #extendBurst() {
    const item = this.list.lastElementChild;
    const lines = item && this.#linesOf.get(item);
    const [queued] = this.#queue;
    if (!item || !lines || !queued || !continuesBurst(queued[0], lines)) return;
    this.#queue.shift();
    const rest = queued.slice(); // what the full burst has no room for begins another one
    while (rest[0] && continuesBurst(rest[0], lines)) lines.push(...rest.splice(0, 1));
    if (notEmpty(rest)) this.#queue.unshift(rest);
    this.#updateVisibility(/** @type {HTMLElement} */ (item));
  }

  /** @param {Lines} lines */
  #renderItem(lines) {
    const [line] = lines;
    const item = renderLine(line);
    this.#linesOf.set(item, lines);
    this.#updateVisibility(item);
    if (line.kind === "chat" && mentionsName(item.querySelector(".line-text")?.textContent ?? "", this.selfName)) {
      item.classList.add("mentions-me");
    }
    return item;
  }

  /**
   * Let an item show those of its lines that are not hidden.
   * @param {HTMLElement} item
   */
  #updateVisibility(item) {
    const lines = this.#linesOf.get(item);
    if (!lines) return;
    const visible = lines.filter((line) => !this.#hiddenIds.has(line.id));
    item.classList.toggle("is-hidden", !visible.length);
    // a burst no longer names a person whose line is hidden; moderators still see a burst that is hidden as a whole
    const shown = notEmpty(visible) ? visible : lines;
    if (isEngagement(lines[0])) item.querySelector(".engagement")?.replaceWith(engagementLine(shown));
    if (!item.contains(document.activeElement)) removeTabStops(item);
  }

  /** @param {Element | null} item */
  #updateDate(item) {
    const line = item && this.#linesOf.get(item)?.[0];
    if (item instanceof HTMLElement && line) updateDateDivider(item, line.at);
  }

  /**
   * Remove up to `count` of the oldest lines, but none that is in sight of somebody who reads further up.
   * @param {number} count
   */
  #trim(count) {
    const height = this.scroll.scrollHeight;
    const top = this.scroll.scrollTop;
    let removed = 0;
    for (const item of [...this.list.children].slice(0, Math.max(0, count))) {
      if (!this.#atEnd && /** @type {HTMLElement} */ (item).offsetTop + item.clientHeight > top) break;
      removed += 1;
      this.#forgetLines(this.#linesOf.get(item) ?? []);
    }
    if (!removed) return;
    const range = document.createRange();
    range.setStart(this.list, 0);
    range.setEnd(this.list, removed);
    range.deleteContents();
    if (!this.#atEnd) this.scroll.scrollTop = top - (height - this.scroll.scrollHeight);
  }

  /**
   * Give an item the content of another one, around the actions that are open in it: a field that is moved or made anew
   * loses the caret, and the word that an input method is composing.
   * @param {HTMLElement} item
   * @param {HTMLElement} fresh
   */
  #replaceContent(item, fresh) {
    const hadFocus = item.contains(document.activeElement);
    const actions = item.querySelector(".line-actions");
    item.className = fresh.className;
    for (const name of Object.keys(item.dataset)) if (!(name in fresh.dataset)) delete item.dataset[name];
    Object.assign(item.dataset, fresh.dataset);
    if (actions) fresh.querySelector("button.author")?.setAttribute("aria-expanded", "true");
    for (const part of [...item.childNodes]) if (part !== actions) part.remove();
    item.prepend(...fresh.childNodes);
    // the element with the focus, such as the name, was replaced
    if (hadFocus && !item.contains(document.activeElement)) item.focus({ preventScroll: true });
  }

  /** @param {Line[]} lines */
  #forgetLines(lines) {
    for (const { id } of lines) {
      this.#knownIds.delete(id);
      this.#hiddenIds.delete(id);
      if (id > this.#newestRemovedId) this.#newestRemovedId = id;
    }
  }

  #pinToEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  #onScroll() {
    // the log became smaller while a scroll event was on its way: nobody has scrolled away from the end
    if (this.scroll.clientHeight !== this.#height) return;
    const atEnd = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR_END_PX;
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    if (atEnd) {
      this.#unread = 0;
      this.#scheduleFlush();
    }
    this.#updateNewButton();
  }

  #updateNewButton() {
    this.newButton.hidden = this.#atEnd;
    setText(this.newButton, this.#unread ? text("chat.new", { n: this.#unread }) : text("chat.latest"));
  }
}
