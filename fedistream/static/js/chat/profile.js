/**
 * The visitor's own profile: the button with the name, and the dialog to change name and colour. sign-in.js has the part
 * of the dialog for signing in.
 */

import { find, setText, text } from "../page.js";
import { commands } from "./protocol.js";
import { paintName } from "./render-line.js";
import { sanitize } from "./sanitize.js";

/** @typedef {import("./protocol.js").Person} Person */

export class Profile {
  /** @type {Person | null} */
  person = null;

  /**
   * @param {HTMLElement} button
   * @param {HTMLDialogElement} dialog
   * @param {import("./connection.js").Connection["send"]} send
   */
  constructor(button, dialog, send) {
    this.button = button;
    this.dialog = dialog;
    this.send = send;
    this.form = find(dialog, "form.identity", HTMLFormElement);
    this.error = find(this.form, ".error", HTMLElement);
    button.addEventListener("click", () => this.open());
    find(dialog, ".cancel", HTMLElement).addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save(new FormData(this.form));
    });
  }

  /** @param {Person} person */
  setPerson(person) {
    const isAnother = this.person?.id !== person.id;
    this.person = person;
    // the form must not give the account that has just signed in the name of the visitor before
    if (isAnother && this.dialog.open) this.#fillForm(person);
    this.button.hidden = false;
    paintName(find(this.button, ".name", HTMLElement), person);
  }

  open() {
    if (!this.person || this.dialog.open) return;
    setText(this.error, "");
    this.#fillForm(this.person);
    this.dialog.showModal();
    this.#nameField.select();
  }

  get #nameField() {
    return find(this.dialog, "[name=name]", HTMLInputElement);
  }

  /** @param {Person} person */
  #fillForm(person) {
    this.#nameField.value = person.name;
    const colour = this.dialog.querySelector(`[name=colour][value="${person.colour}"]`);
    if (colour instanceof HTMLInputElement) colour.checked = true;
  }

  /** @param {FormData} fields */
  async #save(fields) {
    const before = this.person;
    if (!before) return;
    const [name, colour] = [String(fields.get("name") ?? "").trim(), Number(fields.get("colour"))];
    const changes = [];
    if (name && name !== before.name) changes.push(commands.rename(name));
    if (colour !== before.colour) changes.push(commands.recolour(colour));
    const results = await Promise.all(changes.map((change) => this.send(change)));
    const refused = results.find((result) => !result?.accepted);
    // the server announces a new name, but a new colour only with the next message
    const recoloured = changes.every((change, n) => change.type !== "COLOR_CHANGE" || results[n]?.accepted);
    if (this.person?.id === before.id && recoloured) this.setPerson({ ...this.person, colour });
    if (refused === undefined) this.dialog.close();
    else setText(this.error, refused ? (sanitize(refused.html).textContent ?? "") : text("chat.lost"));
  }
}
