/**
 * Signing in, within the profile's dialog: by a code that is sent to an account, or by way of one's own website, which
 * leaves the page and comes back to it with `?sign-in=` when it did not work out.
 */

import { text, write } from "../page.js";
import * as calls from "./calls.js";

const PARAMETER = "sign-in";
const REASONS = new Set(["denied", "expired", "failed"]);

export class SignIn {
  /** Why the way over the website ended here: a word, until it is told. */
  #reason = "";

  /**
   * The part of the dialog, if this node has ways to sign in.
   * @param {HTMLElement} dialog
   */
  static of(dialog) {
    const box = /** @type {HTMLElement | null} */ (dialog.querySelector(".sign-in"));
    return box && new SignIn(box);
  }

  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.error = this.#part(".error");
    this.account = /** @type {HTMLFormElement | null} */ (box.querySelector("form.account"));
    this.code = /** @type {HTMLFormElement | null} */ (box.querySelector("form.code"));
    this.website = /** @type {HTMLFormElement} */ (this.#part("form.website"));
    this.#on(this.account, (given) => this.#send(given));
    this.#on(this.code, (given) => this.#verify(given));
    this.#on(this.website, (given) => this.#leave(given));
    box.querySelector(".other")?.addEventListener("click", () => this.#wait(""));
    this.#offer(false);
    this.#read();
  }

  /** @param {import("./wire.js").Person} person */
  show({ authenticated }) {
    this.#part(".signed-in").hidden = !authenticated;
    // a code that is waited for is waited for through a lost connection too
    if (authenticated || !this.code || this.code.hidden) this.#offer(authenticated);
  }

  /**
   * One thing at a time: the ways to sign in, the field for the code, or nothing when that is done.
   * @param {boolean} done
   */
  #offer(done, waiting = false) {
    if (this.account) this.account.hidden = done || waiting;
    if (this.code) this.code.hidden = done || !waiting;
    // a frame cannot go elsewhere and come back: few servers let themselves be framed
    this.website.hidden = done || waiting || self !== top;
    this.#part(".why").hidden = done || waiting;
  }

  focus() {
    /** @type {HTMLElement | undefined} */ ([...this.box.querySelectorAll("form:not([hidden]) input")][0])?.focus();
  }

  /** Tells how it went, once. @returns {boolean} whether there was anything to tell */
  tell() {
    const reason = this.#reason;
    this.#reason = "";
    if (reason) write(this.error, text(`sign-in.${reason}`));
    return Boolean(reason);
  }

  #read() {
    const address = new URL(location.href);
    const reason = address.searchParams.get(PARAMETER) ?? "";
    if (!REASONS.has(reason)) return;
    address.searchParams.delete(PARAMETER);
    history.replaceState(history.state, "", address);
    this.#reason = reason;
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.box.querySelector(selector));
  }

  /**
   * @param {HTMLFormElement | null} form
   * @param {(given: FormData) => Promise<void>} act
   */
  #on(form, act) {
    form?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
      if (button.disabled) return;
      write(this.error, "");
      button.disabled = true; // other servers are asked, which takes a while
      try {
        await act(new FormData(form));
      } catch (error) {
        const words = error instanceof calls.Refused || error instanceof calls.Later ? error.words : "";
        write(this.error, words || text("chat.failed"));
      }
      button.disabled = false;
    });
  }

  /** @param {FormData} given */
  async #send(given) {
    const account = String(given.get("account") ?? "").trim();
    await calls.sendCode(account);
    this.#wait(account);
  }

  /** For the code that was sent to the account, or with "" for another account. @param {string} account */
  #wait(account) {
    if (!this.code) return;
    this.#offer(false, Boolean(account));
    write(this.error, "");
    write(this.code.querySelector(".sent"), account && text("sign-in.sent", { account }));
    this.code.reset();
    this.focus();
  }

  /** The socket says who one is from then on. @param {FormData} given */
  async #verify(given) {
    await calls.verifyCode(String(given.get("code") ?? ""));
    this.#part("#sign-in-title").focus();
  }

  /** @param {FormData} given */
  async #leave(given) {
    const { redirect } = await calls.signIn(String(given.get("website") ?? "").trim());
    const url = new URL(redirect);
    if (url.protocol !== "https:" && url.protocol !== "http:") throw new Error(url.protocol);
    location.assign(url);
  }
}
