/**
 * Suggestions while somebody writes: people after an @, this node's emoji after a colon.
 */

import { setText, text } from "../page.js";
import { create } from "./elements.js";

const MAX_SUGGESTIONS = 6;
const MAX_PEOPLE = 500;

/**
 * Return the token before the caret that can be completed. Names may contain spaces, so it may span several words.
 * @param {string} value
 * @param {number} caret
 * @returns {{trigger: string, query: string, start: number} | null}
 */
export function tokenBeforeCaret(value, caret) {
  const found = /(?:^|\s)([@:])([^@:\n]{0,30})$/u.exec(value.slice(0, caret));
  if (!found) return null;
  const [, trigger = "", query = ""] = found;
  return { trigger, query, start: caret - query.length - 1 };
}

/** The people who were seen in the chat, the latest last. */
export class RecentPeople {
  /** @type {Map<string, string>} */
  #names = new Map();

  /** @param {import("./protocol.js").Person | null} person */
  add(person) {
    // people on the fediverse are not notified of a mention in the chat
    if (!person?.id || person.remote) return;
    this.#names.delete(person.id);
    this.#names.set(person.id, person.name);
    if (this.#names.size > MAX_PEOPLE) this.#names.delete(/** @type {string} */ (this.#names.keys().next().value));
  }

  /**
   * Return names that begin with the query, then names that contain it; in each group the latest first.
   * @param {string} query
   */
  find(query) {
    const wanted = query.toLowerCase();
    const names = [...new Set([...this.#names.values()].reverse())];
    const begins = (/** @type {string} */ name) => name.toLowerCase().startsWith(wanted);
    const contains = (/** @type {string} */ name) => !begins(name) && name.toLowerCase().includes(wanted);
    return [...names.filter(begins), ...names.filter(contains)].slice(0, MAX_SUGGESTIONS);
  }
}

/** @typedef {{label: string, insert: string, image?: string}} Suggestion */

export class Autocomplete {
  /** @type {{start: number, end: number} | null} what a suggestion replaces */
  #range = null;
  #selected = 0;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} list  role listbox
   * @param {HTMLElement} announcer  a live region for the number of suggestions
   * @param {Record<string, (query: string) => Suggestion[]>} sources  by trigger
   */
  constructor(field, list, announcer, sources) {
    this.field = field;
    this.list = list;
    this.announcer = announcer;
    this.sources = sources;
    field.addEventListener("input", () => this.#update());
    field.addEventListener("blur", () => this.close());
    // in the capture phase, before the composer's handler: Enter accepts a suggestion if there is one, and sends otherwise
    field.addEventListener("keydown", (event) => this.#onKeyDown(event), { capture: true });
    // pointerdown instead of click: the field must not lose the focus first
    list.addEventListener("pointerdown", (event) => {
      const option = event.target instanceof Element && event.target.closest("[role=option]");
      event.preventDefault();
      if (option) this.#accept([...list.children].indexOf(option));
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  close() {
    this.#range = null;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.field.removeAttribute("aria-activedescendant");
    setText(this.announcer, "");
  }

  #update() {
    const caret = this.field.selectionStart;
    const token = tokenBeforeCaret(this.field.value, caret);
    const wanted = token && (token.trigger === "@" || token.query.length > 1);
    const found = wanted ? (this.sources[token.trigger]?.(token.query) ?? []) : [];
    if (!token || !found.length) {
      this.close();
      return;
    }
    this.#range = { start: token.start, end: caret };
    this.list.replaceChildren(...found.map((suggestion, index) => this.#option(suggestion, index)));
    this.list.hidden = false;
    setText(this.announcer, text("chat.suggestions", { n: found.length }));
    this.#select(0);
  }

  /**
   * @param {Suggestion} suggestion
   * @param {number} index
   */
  #option({ label, insert, image }, index) {
    const option = create("li");
    option.id = `${this.list.id}-${index}`;
    option.role = "option";
    option.dataset.insert = insert;
    if (image) {
      const picture = create("img", "emoji");
      picture.src = image;
      picture.alt = "";
      option.append(picture);
    }
    option.append(create("bdi", "", label));
    return option;
  }

  /** @param {number} index */
  #select(index) {
    const options = [...this.list.children];
    this.#selected = (index + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.#selected)));
    const selected = options[this.#selected];
    if (!selected) return;
    this.field.setAttribute("aria-activedescendant", selected.id);
    selected.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #accept(index) {
    const option = this.list.children[index];
    if (!this.#range || !(option instanceof HTMLElement)) return;
    this.field.setRangeText(`${option.dataset.insert} `, this.#range.start, this.#range.end, "end");
    this.close();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {KeyboardEvent} event */
  #onKeyDown(event) {
    if (!this.isOpen || event.isComposing || event.shiftKey) return;
    switch (event.key) {
      case "ArrowDown":
        this.#select(this.#selected + 1);
        break;
      case "ArrowUp":
        this.#select(this.#selected - 1);
        break;
      case "Enter":
      case "Tab":
        this.#accept(this.#selected);
        break;
      case "Escape":
        this.close();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
