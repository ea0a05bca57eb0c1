/**
 * The field one writes in. Enter sends, Shift and Enter begins a new line; what could not go out stays where it is.
 */

import { text, write } from "../page.js";
import { SAY } from "./wire.js";

const encoder = new TextEncoder();

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {number} maxBytes  of a whole frame
   * @param {(told: object) => boolean} send
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
    return encoder.encode(JSON.stringify(SAY.say(this.field.value.trim()))).length - this.maxBytes;
  }

  #measure() {
    const over = this.#over();
    write(this.hint, over > 0 ? text("chat.too-long", { n: over }) : "");
    this.field.setAttribute("aria-invalid", String(over > 0));
  }

  #submit() {
    const words = this.field.value.trim();
    if (!words || this.field.readOnly || this.#over() > 0) return;
    if (!this.send(SAY.say(words))) return;
    this.field.value = "";
    this.#measure();
    this.field.dispatchEvent(new Event("sent"));
  }
}
