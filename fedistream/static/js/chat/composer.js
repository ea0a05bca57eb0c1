/**
 * The field to write in. Enter sends, Shift and Enter begin a new line. A message that could not be sent stays in the
 * field, and one that was refused comes back into it.
 */

import { find, setText, text } from "../page.js";
import { commands, frame } from "./protocol.js";
import { sanitize } from "./sanitize.js";

const LONGEST_REF = "0".repeat(6); // no page sends more commands than that
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
    this.field = find(form, "textarea", HTMLTextAreaElement);
    this.hint = find(document, "#chat-hint", HTMLElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("keydown", (event) => {
      // while an input method composes a word (Japanese, Chinese), Enter belongs to it
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("input", () => this.#checkLength());
  }

  /**
   * @param {boolean} writable
   * @param {string} [reason]  shown in the field while it is not writable
   */
  setWritable(writable, reason = "") {
    this.form.classList.toggle("is-disabled", !writable);
    this.field.readOnly = !writable;
    this.field.placeholder = writable ? text("chat.placeholder") : reason;
    for (const button of this.form.querySelectorAll("button")) button.disabled = !writable;
  }

  /**
   * Insert a word at the caret, with a space where it would touch another word.
   * @param {string} word
   */
  insert(word) {
    const { selectionStart: start, selectionEnd: end, value } = this.field;
    const before = start > 0 && !/\s$/.test(value.slice(0, start)) ? " " : "";
    this.field.setRangeText(`${before}${word} `, start, end, "end");
    this.field.focus();
    this.#checkLength();
  }

  /** By how many bytes the frame would be too long. */
  #bytesOver() {
    return encoder.encode(frame(commands.send(this.field.value.trim()), LONGEST_REF)).length - this.maxBytes;
  }

  #checkLength() {
    const over = this.#bytesOver();
    setText(this.hint, over > 0 ? text("chat.too-long", { n: over }) : "");
    this.field.setAttribute("aria-invalid", String(over > 0));
  }

  #submit() {
    const message = this.field.value.trim();
    if (!message || this.field.readOnly || this.#bytesOver() > 0) return;
    const sent = this.send(commands.send(message));
    if (!sent) return;
    this.field.value = "";
    this.#checkLength();
    this.field.dispatchEvent(new Event("sent"));
    void sent.then((result) => result?.accepted || this.#restore(message, result));
  }

  /**
   * Put a message that was not accepted back into the field, before what has been written since.
   * @param {string} message
   * @param {import("./protocol.js").SendResult | null} result  null when it is not known whether it was accepted
   */
  #restore(message, result) {
    const since = this.field.value;
    this.field.value = since ? `${message}\n${since}` : message;
    this.#checkLength();
    const reason = result ? (sanitize(result.html).textContent ?? "") : text("chat.unsure");
    if (this.#bytesOver() <= 0) setText(this.hint, reason);
  }
}
