/**
 * Signing in, within the profile dialog: with a code that is sent to an account, or with a website of one's own. The
 * website's way leaves the page and comes back to it, with `?sign-in=` in the address if it failed.
 */

import { find, setText, text } from "../page.js";
import * as api from "./api.js";

const OUTCOME_PARAMETER = "sign-in";
const FAILURES = new Set(["denied", "expired", "failed"]);

export class SignIn {
  /** Why signing in with the website failed, until it has been shown. */
  #failure = "";

  /**
   * Return the sign-in part of the dialog, null if this node has no way to sign in.
   * @param {HTMLElement} dialog
   */
  static find(dialog) {
    const box = /** @type {HTMLElement | null} */ (dialog.querySelector(".sign-in"));
    return box && new SignIn(box);
  }

  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.error = this.#element(":scope > .error");
    this.accountForm = /** @type {HTMLFormElement | null} */ (box.querySelector("form.account"));
    this.codeForm = /** @type {HTMLFormElement | null} */ (box.querySelector("form.code"));
    this.websiteForm = find(box, "form.website", HTMLFormElement);
    this.#onSubmit(this.accountForm, (fields) => this.#sendCode(fields));
    this.#onSubmit(this.codeForm, (fields) => this.#verifyCode(fields));
    this.#onSubmit(this.websiteForm, (fields) => this.#goToWebsite(fields));
    box.querySelector(".other-account")?.addEventListener("click", () => this.#awaitCode(""));
    this.#showForms(false);
    this.#readOutcome();
  }

  /** @param {import("./protocol.js").Person} person */
  setPerson({ authenticated }) {
    this.#element(".signed-in").hidden = !authenticated;
    // somebody who waits for a code goes on waiting when the connection was lost for a moment
    if (authenticated || !this.codeForm || this.codeForm.hidden) this.#showForms(authenticated);
  }

  /**
   * Show the ways to sign in, or the field for the code, or neither once that is done.
   * @param {boolean} done
   * @param {boolean} [waiting]  for the code
   */
  #showForms(done, waiting = false) {
    if (this.accountForm) this.accountForm.hidden = done || waiting;
    if (this.codeForm) this.codeForm.hidden = done || !waiting;
    // a frame cannot leave and come back: few servers allow their pages in frames
    this.websiteForm.hidden = done || waiting || self !== top;
    this.#element(".sign-in-intro").hidden = done || waiting;
  }

  focus() {
    /** @type {HTMLElement | null} */ (this.box.querySelector("form:not([hidden]) input"))?.focus();
  }

  /**
   * Show once why signing in failed.
   * @returns {boolean} whether there was a failure to show
   */
  showFailure() {
    const failure = this.#failure;
    this.#failure = "";
    if (failure) setText(this.error, text(`sign-in.${failure}`));
    return Boolean(failure);
  }

  #readOutcome() {
    const url = new URL(location.href);
    const failure = url.searchParams.get(OUTCOME_PARAMETER) ?? "";
    if (!FAILURES.has(failure)) return;
    url.searchParams.delete(OUTCOME_PARAMETER);
    history.replaceState(history.state, "", url);
    this.#failure = failure;
  }

  /** @param {string} selector */
  #element(selector) {
    return find(this.box, selector, HTMLElement);
  }

  /**
   * @param {HTMLFormElement | null} form
   * @param {(fields: FormData) => Promise<void>} act
   */
  #onSubmit(form, act) {
    form?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = find(form, "[type=submit]", HTMLButtonElement);
      if (button.disabled) return;
      setText(this.error, "");
      button.disabled = true; // the node asks other servers, which takes a while
      try {
        await act(new FormData(form));
      } catch (error) {
        const reason = error instanceof api.Refused || error instanceof api.RateLimited ? error.reason : "";
        setText(this.error, reason || text("chat.failed"));
      }
      button.disabled = false;
    });
  }

  /** @param {FormData} fields */
  async #sendCode(fields) {
    const account = String(fields.get("account") ?? "").trim();
    await api.sendSignInCode(account);
    this.#awaitCode(account);
  }

  /**
   * Ask for the code that was sent to the account, or with "" for another account.
   * @param {string} account
   */
  #awaitCode(account) {
    if (!this.codeForm) return;
    this.#showForms(false, Boolean(account));
    setText(this.error, "");
    setText(this.codeForm.querySelector(".code-sent"), account && text("sign-in.sent", { account }));
    this.codeForm.reset();
    this.focus();
  }

  /**
   * The socket announces the account then.
   * @param {FormData} fields
   */
  async #verifyCode(fields) {
    await api.verifySignInCode(String(fields.get("code") ?? ""));
    this.#element("#sign-in-title").focus();
  }

  /** @param {FormData} fields */
  async #goToWebsite(fields) {
    const { redirect } = await api.startIndieAuth(String(fields.get("website") ?? "").trim());
    const url = new URL(redirect);
    if (url.protocol !== "https:" && url.protocol !== "http:") throw new Error(url.protocol);
    location.assign(url);
  }
}
