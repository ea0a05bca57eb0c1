/**
 * What can be done with a line of the log: answer it, and for moderators hide it or send its author away.
 * Arrows go from line to line, Enter opens; a click on the name does the same.
 */

import { text, write } from "../page.js";
import * as calls from "./calls.js";
import { web } from "./clean.js";
import { make } from "./elements.js";

const LONGEST_WHY = 500;
const LONGEST_ANSWER = 1_000; // characters; the node says no to more

const MOMENT = { dateStyle: "medium", timeStyle: "short" };

export class Actions {
  /** @type {HTMLElement | null} the open line */
  #line = null;
  moderator = false;
  self = "";

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} scroll
   * @param {{mention: (name: string) => void, back: () => void, tell: (words: string) => void}} room
   */
  constructor(list, scroll, room) {
    this.list = list;
    this.room = room;
    list.addEventListener("click", (event) => {
      const name = event.target instanceof Element && event.target.closest("button.who");
      if (name) this.#toggle(/** @type {HTMLElement} */ (name.closest(".line")));
    });
    scroll.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!(event.target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const line = /** @type {HTMLElement | null} */ (event.target.closest(".line"));
    const onLine = line === event.target;
    const acts = {
      ArrowUp: () => this.#step(line, "previousElementSibling"),
      ArrowDown: () => this.#step(line, "nextElementSibling"),
      Enter: () => onLine && line.querySelector("button.who") && this.#toggle(line),
      Escape: () => this.#escape(line),
    };
    const act = acts[/** @type {"Enter"} */ (event.key)];
    if (!act || act() === false) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * @param {HTMLElement | null} line
   * @param {"previousElementSibling" | "nextElementSibling"} way
   */
  #step(line, way) {
    let next = line ? line[way] : this.list.lastElementChild;
    while (next && !(/** @type {HTMLElement} */ (next).offsetParent)) next = next[way];
    /** @type {HTMLElement | null} */ (next)?.focus();
  }

  /** @param {HTMLElement | null} line */
  #escape(line) {
    if (this.#line) {
      this.close();
      line?.focus();
    } else this.room.back();
  }

  close() {
    this.#line?.querySelector(".actions")?.remove();
    this.#line?.querySelector(".who")?.setAttribute("aria-expanded", "false");
    this.#line = null;
  }

  /** @param {HTMLElement} line */
  #toggle(line) {
    const again = line === this.#line;
    this.close();
    if (again) return;
    this.#line = line;
    line.querySelector(".who")?.setAttribute("aria-expanded", "true");
    const box = make("div", "actions");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", text("chat.actions"));
    box.append(...this.#offers(line));
    line.append(box);
    box.scrollIntoView({ block: "nearest" });
    box.querySelector("button")?.focus();
  }

  /** @param {HTMLElement} line */
  #offers(line) {
    const name = line.querySelector(".who bdi")?.textContent ?? "";
    const [id, author] = [line.dataset.id ?? "", line.dataset.author ?? ""];
    if (line.dataset.original !== undefined) return this.#abroad(line, id);
    const offers = [];
    if (author !== this.self) offers.push(this.#button("chat.mention", () => this.room.mention(name)));
    if (this.moderator) {
      const gone = line.classList.contains("gone");
      offers.push(this.#button(gone ? "chat.show" : "chat.hide", () => this.#ask(calls.setVisible([id], gone))));
      offers.push(this.#button("chat.details", () => void this.#details(line, author), false));
      if (author !== this.self) offers.push(this.#removal((why) => calls.setEnabled(author, false, why)));
    }
    if (!offers.length) offers.push(this.#button("chat.close", () => {}));
    return offers;
  }

  /**
   * With a line from elsewhere.
   * @param {HTMLElement} line
   * @param {string} id
   */
  #abroad(line, id) {
    /** @type {HTMLElement[]} */
    const offers = [];
    if (this.moderator) {
      const gone = line.classList.contains("gone");
      if (!gone) offers.push(this.#button("chat.answer", () => this.#reply(line, id), false));
      offers.push(this.#button(gone ? "chat.show" : "chat.hide", () => this.#ask(calls.setVisible([id], gone))));
      offers.push(this.#removal((why) => calls.block(id, why), "chat.block"));
    }
    const url = web(line.dataset.original ?? "");
    if (url) {
      const original = make("a", "act", text("chat.original"));
      original.href = url.href;
      original.rel = "nofollow noopener noreferrer";
      original.target = "_blank";
      offers.push(original);
    }
    if (!offers.length) offers.push(this.#button("chat.close", () => {}));
    return offers;
  }

  /**
   * A field for what the channel answers, which everybody on the fediverse can read.
   * @param {HTMLElement} line
   * @param {string} id
   */
  #reply(line, id) {
    const box = line.querySelector(".actions");
    if (!box || box.querySelector("form")) return;
    const form = make("form", "reply");
    const label = make("label", "", text("chat.answer.label"));
    const field = make("textarea");
    field.maxLength = LONGEST_ANSWER;
    field.dir = "auto";
    field.required = true;
    field.rows = 2;
    label.append(field);
    const send = make("button", "act", text("chat.answer.send"));
    form.append(label, send);
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      // arrows move in the field, and not from line to line
      if (event.key !== "Escape") event.stopPropagation();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const words = field.value;
      send.disabled = true;
      this.#ask(
        calls.answer(id, words).then(
          () => this.close(),
          (error) => {
            send.disabled = false;
            throw error;
          },
        ),
      );
    });
    box.append(form);
    form.scrollIntoView({ block: "nearest" });
    field.focus();
  }

  /**
   * Asks once more, and why: it hides all they said and closes the door.
   * @param {(why: string) => Promise<unknown>} call
   * @param {string} key
   */
  #removal(call, key = "chat.remove") {
    const button = this.#button(key, () => {}, false);
    const why = make("input", "why");
    why.maxLength = LONGEST_WHY;
    why.dir = "auto";
    why.placeholder = text("chat.why");
    why.setAttribute("aria-label", text("chat.why"));
    why.addEventListener("keydown", (event) => {
      if (event.key === "Enter") button.click();
      // arrows move in the field, and not from line to line
      if (event.key !== "Escape") event.stopPropagation();
    });
    button.addEventListener("click", () => {
      if (button.dataset.sure) {
        this.close();
        this.#ask(call(why.value.trim()));
      } else {
        button.dataset.sure = "yes";
        button.textContent = text(`${key}.sure`);
        button.after(why); // the focus stays, so that the same key says yes
      }
    });
    button.classList.add("danger");
    return button;
  }

  /**
   * @param {string} key
   * @param {() => void} act
   */
  #button(key, act, closes = true) {
    const button = make("button", "act", text(key));
    button.type = "button";
    button.addEventListener("click", () => {
      if (closes) this.close();
      act();
    });
    return button;
  }

  /** @param {Promise<unknown>} answer */
  async #ask(answer) {
    try {
      await answer;
    } catch (error) {
      const words = error instanceof calls.Refused ? error.words : "";
      this.room.tell(words || text("chat.failed"));
    }
    this.room.back();
  }

  /**
   * @param {HTMLElement} line
   * @param {string} author
   */
  async #details(line, author) {
    const box = line.querySelector(".actions");
    if (!box) return;
    let facts = box.querySelector("dl");
    if (!facts) {
      facts = make("dl", "details");
      facts.setAttribute("role", "group");
      box.append(facts);
    }
    try {
      const { user, connectedClients, messages } = await calls.details(author);
      const moment = new Intl.DateTimeFormat(document.documentElement.lang, /** @type {any} */ (MOMENT));
      const rows = {
        "chat.details.since": moment.format(new Date(user.createdAt)),
        "chat.details.names": (user.previousNames ?? []).filter((/** @type {string} */ old) => old !== user.displayName).join(", "),
        "chat.details.messages": String(messages?.length ?? 0),
        "chat.details.clients": (connectedClients ?? []).map((/** @type {any} */ one) => one.userAgent).join("; "),
      };
      facts.replaceChildren(
        ...Object.entries(rows)
          .filter(([, value]) => value)
          .flatMap(([key, value]) => [make("dt", "", text(key)), make("dd", "", value)]),
      );
      facts.scrollIntoView({ block: "nearest" });
      if (user.disabledAt && !box.querySelector(".back-in")) {
        const button = this.#button("chat.let-in", () => this.#ask(calls.setEnabled(author, true)));
        button.classList.add("back-in");
        facts.before(button);
      }
    } catch {
      write(facts, text("chat.failed"));
    }
  }
}
