/**
 * The field one writes in. Enter sends, Shift and Enter begins a new line; what could not go out stays where it is, and
 * what was refused comes back.
 */

import { text, write } from "../page.js";
import { clean } from "./clean.js";
import { frame, SAY } from "./wire.js";

const LONGEST_REF = "0".repeat(6); // of those that a page counts up to
const encoder = new TextEncoder();

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {number} maxBytes  of a whole frame
   * @param {import("./connection.js").Connection["send"]} send
   */
  constructor(form, maxBytes, send) {
    this.form = form;
    this.maxBytes = maxBytes;
    this.send = send;
    this.field = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    this.hint = /** @type {HTMLElement} */ (document.getElementById("chat-hint"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("keydown", (event) => {
      // while a word is being composed (Japanese, Chinese), Enter belongs to the keyboard
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("input", () => this.#measure());
  }

  /**
   * Whether anything can be sent now.
   * @param {boolean} open
   * @param {string} [why]  said in the field when not
   */
  allow(open, why = "") {
    this.form.classList.toggle("shut", !open);
    this.field.readOnly = !open;
    this.field.placeholder = open ? text("chat.placeholder") : why;
    for (const button of this.form.querySelectorAll("button")) button.disabled = !open;
  }

  /** At the caret, with a space where it would touch a word. @param {string} words */
  insert(words) {
    const { selectionStart: start, selectionEnd: end, value } = this.field;
    const before = start > 0 && !/\s$/.test(value.slice(0, start)) ? " " : "";
    this.field.setRangeText(`${before}${words} `, start, end, "end");
    this.field.focus();
    this.#measure();
  }

  /** Bytes over the limit, as a frame. */
  #over() {
    return encoder.encode(frame(SAY.say(this.field.value.trim()), LONGEST_REF)).length - this.maxBytes;
  }

  #measure() {
    const over = this.#over();
    write(this.hint, over > 0 ? text("chat.too-long", { n: over }) : "");
    this.field.setAttribute("aria-invalid", String(over > 0));
  }

  #submit() {
    const words = this.field.value.trim();
    if (!words || this.field.readOnly || this.#over() > 0) return;
    const answer = this.send(SAY.say(words));
    if (!answer) return;
    this.field.value = "";
    this.#measure();
    this.field.dispatchEvent(new Event("sent"));
    void answer.then((answer) => answer?.accepted || this.#return(words, answer));
  }

  /**
   * Puts back what was not said, before what has been written since.
   * @param {string} words
   * @param {import("./wire.js").Answer | null} answer  null when nobody knows whether it was
   */
  #return(words, answer) {
    const since = this.field.value;
    this.field.value = since ? `${words}\n${since}` : words;
    this.#measure();
    if (this.#over() <= 0) write(this.hint, answer ? (clean(answer.html).textContent ?? "") : text("chat.unsure"));
  }
}
