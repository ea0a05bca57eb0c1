/**
 * Who I am in this chat: the button with my name, and the dialog behind it for another name or colour. The part of the
 * dialog for signing in is `sign_in.js`'s.
 */

import { text, write } from "../page.js";
import { clean } from "./clean.js";
import { dress } from "./lines.js";
import { SAY } from "./wire.js";

export class Profile {
  /** @type {import("./wire.js").Person | null} */
  self = null;

  /**
   * @param {HTMLElement} button
   * @param {HTMLDialogElement} dialog
   * @param {import("./connection.js").Connection["send"]} send
   */
  constructor(button, dialog, send) {
    this.button = button;
    this.dialog = dialog;
    this.send = send;
    this.error = /** @type {HTMLElement} */ (dialog.querySelector("form.self .error"));
    button.addEventListener("click", () => this.open());
    dialog.querySelector(".cancel")?.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.querySelector("form.self")?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    });
  }

  /** @param {import("./wire.js").Person} person */
  show(person) {
    const another = this.self?.id !== person.id;
    this.self = person;
    // who signs in as somebody known must not give that one the name of the stranger he was
    if (another && this.dialog.open) this.#fill(person);
    this.button.hidden = false;
    dress(/** @type {HTMLElement} */ (this.button.querySelector(".name")), person);
  }

  open() {
    if (!this.self || this.dialog.open) return;
    write(this.error, "");
    this.#fill(this.self);
    this.dialog.showModal();
    this.#name.select();
  }

  get #name() {
    return /** @type {HTMLInputElement} */ (this.dialog.querySelector("[name=name]"));
  }

  /** @param {import("./wire.js").Person} person */
  #fill(person) {
    this.#name.value = person.name;
    const colour = this.dialog.querySelector(`[name=colour][value="${person.colour}"]`);
    if (colour instanceof HTMLInputElement) colour.checked = true;
  }

  /** @param {FormData} given */
  async #save(given) {
    if (!this.self) return;
    const [name, colour] = [String(given.get("name") ?? "").trim(), Number(given.get("colour"))];
    const changes = [];
    if (name && name !== this.self.name) changes.push(SAY.rename(name));
    if (colour !== this.self.colour) changes.push(SAY.recolour(colour));
    const before = this.self;
    const answers = await Promise.all(changes.map((change) => this.send(change)));
    const refused = answers.find((answer) => !answer?.accepted);
    // a colour is told to nobody until the next message; a name has come back with an event
    const coloured = changes.every((change, n) => change.type !== "COLOR_CHANGE" || answers[n]?.accepted);
    if (this.self.id === before.id && coloured) this.show({ ...this.self, colour });
    if (refused === undefined) this.dialog.close();
    else write(this.error, refused ? (clean(refused.html).textContent ?? "") : text("chat.lost"));
  }
}
