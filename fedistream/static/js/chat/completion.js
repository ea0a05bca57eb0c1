/**
 * Suggestions while somebody writes: people after an @, this node's emoji after a colon. Where they stand is the page's.
 */

import { text, write } from "../page.js";
import { make } from "./elements.js";

const MOST = 6;
const REMEMBERED = 500; // people

/**
 * The word in front of the caret that wants completing. Names may have spaces, so it may run over some.
 * @param {string} words
 * @param {number} caret
 * @returns {{sign: string, part: string, start: number} | null}
 */
export function asked(words, caret) {
  const found = /(?:^|\s)([@:])([^@:\n]{0,30})$/u.exec(words.slice(0, caret));
  if (!found) return null;
  const [, sign = "", part = ""] = found;
  return { sign, part, start: caret - part.length - 1 };
}

/** The people who were seen lately, the latest last. */
export class People {
  /** @type {Map<string, string>} */
  #names = new Map();

  /** @param {import("./wire.js").Person | null} person */
  met(person) {
    // who is elsewhere hears nothing of being spoken to here
    if (!person?.id || person.remote) return;
    this.#names.delete(person.id);
    this.#names.set(person.id, person.name);
    if (this.#names.size > REMEMBERED) this.#names.delete(/** @type {string} */ (this.#names.keys().next().value));
  }

  /**
   * Those whose name begins like this first, then those in whose name it is; the latest first.
   * @param {string} part
   */
  find(part) {
    const wanted = part.toLowerCase();
    const names = [...new Set([...this.#names.values()].reverse())];
    const fits = (/** @type {string} */ name) => name.toLowerCase().startsWith(wanted);
    const within = (/** @type {string} */ name) => !fits(name) && name.toLowerCase().includes(wanted);
    return [...names.filter(fits), ...names.filter(within)].slice(0, MOST);
  }
}

export class Completion {
  /** @type {{start: number, end: number} | null} */
  #span = null;
  #chosen = 0;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} list  role listbox
   * @param {HTMLElement} spoken  says how many there are
   * @param {Record<string, (part: string) => {label: string, insert: string, image?: string}[]>} sources  by sign
   */
  constructor(field, list, spoken, sources) {
    this.field = field;
    this.list = list;
    this.spoken = spoken;
    this.sources = sources;
    field.addEventListener("input", () => this.#look());
    field.addEventListener("blur", () => this.close());
    // before the field's own: Enter takes a suggestion while there are some, and sends otherwise
    field.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    // pressed, not clicked: the field must not lose the focus first
    list.addEventListener("pointerdown", (event) => {
      const option = event.target instanceof Element && event.target.closest("[role=option]");
      event.preventDefault();
      if (option) this.#take([...list.children].indexOf(option));
    });
  }

  get open() {
    return !this.list.hidden;
  }

  close() {
    this.#span = null;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.field.removeAttribute("aria-activedescendant");
    write(this.spoken, "");
  }

  #look() {
    const caret = this.field.selectionStart;
    const wanted = asked(this.field.value, caret);
    const found = wanted && (wanted.sign === "@" || wanted.part.length > 1) ? this.sources[wanted.sign]?.(wanted.part) ?? [] : [];
    if (!wanted || !found.length) {
      this.close();
      return;
    }
    this.#span = { start: wanted.start, end: caret };
    this.list.replaceChildren(
      ...found.map(({ label, insert, image }, index) => {
        const option = make("li", "", "");
        option.id = `${this.list.id}-${index}`;
        option.role = "option";
        option.dataset.insert = insert;
        if (image) {
          const picture = make("img", "emoji");
          picture.src = image;
          picture.alt = "";
          option.append(picture);
        }
        option.append(make("bdi", "", label));
        return option;
      }),
    );
    this.list.hidden = false;
    write(this.spoken, text("chat.suggestions", { n: found.length }));
    this.#choose(0);
  }

  /** @param {number} index */
  #choose(index) {
    const options = [...this.list.children];
    this.#chosen = (index + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.#chosen)));
    const chosen = options[this.#chosen];
    if (!chosen) return;
    this.field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #take(index) {
    const option = this.list.children[index];
    if (!this.#span || !(option instanceof HTMLElement)) return;
    this.field.setRangeText(`${option.dataset.insert} `, this.#span.start, this.#span.end, "end");
    this.close();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.open || event.isComposing) return;
    const acts = {
      ArrowDown: () => this.#choose(this.#chosen + 1),
      ArrowUp: () => this.#choose(this.#chosen - 1),
      Enter: () => this.#take(this.#chosen),
      Tab: () => this.#take(this.#chosen),
      Escape: () => this.close(),
    };
    const act = acts[/** @type {"Tab"} */ (event.key)];
    if (!act || event.shiftKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }
}
