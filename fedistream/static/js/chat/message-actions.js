/**
 * What can be done with a line of the log: mention its author, and for moderators hide the line or remove its author.
 * Arrow keys move from line to line, Enter opens the actions; a click on the name does the same.
 */

import { setText, text } from "../page.js";
import * as api from "./api.js";
import { create } from "./elements.js";
import { leadOut, webUrl } from "./sanitize.js";

const MAX_REASON = 500; // characters
const MAX_REPLY = 1_000; // characters; the server refuses longer ones

/** @type {Intl.DateTimeFormatOptions} */
const DATE_FORMAT = { dateStyle: "medium", timeStyle: "short" };

/**
 * @typedef {object} ChatPort
 * @property {(name: string) => void} mention
 * @property {() => void} focusComposer
 * @property {(message: string) => void} showStatus
 */

export class MessageActions {
  /** @type {HTMLElement | null} */
  #openLine = null;
  moderator = false;
  /** The id of the visitor. */
  selfId = "";

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} scroll
   * @param {ChatPort} chat
   */
  constructor(list, scroll, chat) {
    this.list = list;
    this.chat = chat;
    list.addEventListener("click", (event) => {
      const name = event.target instanceof Element && event.target.closest("button.author");
      if (name) this.#toggle(/** @type {HTMLElement} */ (name.closest(".line")));
    });
    scroll.addEventListener("keydown", (event) => this.#onKeyDown(event));
  }

  /** @param {KeyboardEvent} event */
  #onKeyDown(event) {
    if (!(event.target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const line = /** @type {HTMLElement | null} */ (event.target.closest(".line"));
    switch (event.key) {
      case "ArrowUp":
        this.#moveFocus(line, "previousElementSibling");
        break;
      case "ArrowDown":
        this.#moveFocus(line, "nextElementSibling");
        break;
      case "Enter":
        // on a link or a button within the line, Enter is theirs
        if (!line || line !== event.target || !line.querySelector("button.author")) return;
        this.#toggle(line);
        break;
      case "Escape":
        this.#onEscape(line);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * @param {HTMLElement | null} line
   * @param {"previousElementSibling" | "nextElementSibling"} direction
   */
  #moveFocus(line, direction) {
    let next = line ? line[direction] : this.list.lastElementChild;
    while (next && !(/** @type {HTMLElement} */ (next).offsetParent)) next = next[direction];
    /** @type {HTMLElement | null} */ (next)?.focus();
  }

  /** @param {HTMLElement | null} line */
  #onEscape(line) {
    if (this.#openLine) {
      this.close();
      line?.focus();
    } else this.chat.focusComposer();
  }

  close() {
    this.#openLine?.querySelector(".line-actions")?.remove();
    this.#openLine?.querySelector(".author")?.setAttribute("aria-expanded", "false");
    this.#openLine = null;
  }

  /** @param {HTMLElement} line */
  #toggle(line) {
    const wasOpen = line === this.#openLine;
    this.close();
    if (wasOpen) return;
    this.#openLine = line;
    line.querySelector(".author")?.setAttribute("aria-expanded", "true");
    const box = create("div", "line-actions");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", text("chat.actions"));
    box.append(...this.#buttonsFor(line));
    line.append(box);
    box.scrollIntoView({ block: "nearest" });
    box.querySelector("button")?.focus();
  }

  /** @param {HTMLElement} line */
  #buttonsFor(line) {
    const name = line.querySelector(".author bdi")?.textContent ?? "";
    const [id, author] = [line.dataset.id ?? "", line.dataset.author ?? ""];
    if (line.dataset.original !== undefined) return this.#remoteButtonsFor(line, id);
    const buttons = [];
    if (author !== this.selfId) buttons.push(this.#button("chat.mention", () => this.chat.mention(name)));
    if (this.moderator) {
      buttons.push(this.#visibilityButton(line, id));
      buttons.push(this.#button("chat.details", () => void this.#showDetails(line, author), false));
      if (author !== this.selfId) {
        buttons.push(this.#confirmedButton("chat.ban", (reason) => api.setUserEnabled(author, false, reason)));
      }
    }
    if (!buttons.length) buttons.push(this.#button("chat.close", () => {}));
    return buttons;
  }

  /**
   * Return the buttons for a line from the fediverse.
   * @param {HTMLElement} line
   * @param {string} id
   */
  #remoteButtonsFor(line, id) {
    /** @type {HTMLElement[]} */
    const buttons = [];
    if (this.moderator) {
      if (!isHidden(line)) buttons.push(this.#button("chat.reply", () => this.#openReplyForm(line, id), false));
      buttons.push(this.#visibilityButton(line, id));
      buttons.push(this.#confirmedButton("chat.block", (reason) => api.blockRemoteAuthor(id, reason)));
    }
    const url = webUrl(line.dataset.original ?? "");
    if (url) {
      const original = create("a", "action", text("chat.original"));
      leadOut(original, url);
      buttons.push(original);
    }
    if (!buttons.length) buttons.push(this.#button("chat.close", () => {}));
    return buttons;
  }

  /**
   * @param {HTMLElement} line
   * @param {string} id
   */
  #visibilityButton(line, id) {
    const hidden = isHidden(line);
    return this.#button(hidden ? "chat.show" : "chat.hide", () => this.#run(api.setMessageVisibility([id], hidden)));
  }

  /**
   * Open a field for the channel's reply, which everybody on the fediverse can read.
   * @param {HTMLElement} line
   * @param {string} id
   */
  #openReplyForm(line, id) {
    const box = line.querySelector(".line-actions");
    if (!box || box.querySelector("form")) return;
    const form = create("form", "reply-form");
    const label = create("label", "", text("chat.reply.label"));
    const field = create("textarea", "text-field");
    field.maxLength = MAX_REPLY;
    field.dir = "auto";
    field.required = true;
    field.rows = 2;
    label.append(field);
    const send = create("button", "action", text("chat.reply.send"));
    form.append(label, send);
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      // arrow keys move within the field, not from line to line
      if (event.key !== "Escape") event.stopPropagation();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send.disabled = true;
      const reply = api.replyToRemote(id, field.value).then(
        () => this.close(),
        (error) => {
          send.disabled = false;
          throw error;
        },
      );
      void this.#run(reply);
    });
    box.append(form);
    form.scrollIntoView({ block: "nearest" });
    field.focus();
  }

  /**
   * Return a button that asks for confirmation and a reason: what it does hides all that the author has said.
   * @param {string} key
   * @param {(reason: string) => Promise<unknown>} act
   */
  #confirmedButton(key, act) {
    const button = this.#button(key, () => {}, false);
    const reason = create("input", "reason text-field");
    reason.maxLength = MAX_REASON;
    reason.dir = "auto";
    reason.placeholder = text("chat.reason");
    reason.setAttribute("aria-label", text("chat.reason"));
    reason.addEventListener("keydown", (event) => {
      if (event.key === "Enter") button.click();
      // arrow keys move within the field, not from line to line
      if (event.key !== "Escape") event.stopPropagation();
    });
    button.addEventListener("click", () => {
      if (button.dataset.confirmed) {
        this.close();
        void this.#run(act(reason.value.trim()));
      } else {
        button.dataset.confirmed = "yes";
        button.textContent = text(`${key}.confirm`);
        button.after(reason); // the button keeps the focus, so that the same key confirms
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
    const button = create("button", "action", text(key));
    button.type = "button";
    button.addEventListener("click", () => {
      if (closes) this.close();
      act();
    });
    return button;
  }

  /**
   * Wait for a request, and show why it failed if it does.
   * @param {Promise<unknown>} request
   */
  async #run(request) {
    try {
      await request;
    } catch (error) {
      const reason = error instanceof api.Refused ? error.reason : "";
      this.chat.showStatus(reason || text("chat.failed"));
    }
    this.chat.focusComposer();
  }

  /**
   * @param {HTMLElement} line
   * @param {string} author
   */
  async #showDetails(line, author) {
    const box = line.querySelector(".line-actions");
    if (!box) return;
    let list = box.querySelector("dl");
    if (!list) {
      list = create("dl", "author-details");
      list.setAttribute("role", "group");
      box.append(list);
    }
    try {
      const { user, connectedClients, messages } = await api.fetchUserDetails(author);
      const date = new Intl.DateTimeFormat(document.documentElement.lang, DATE_FORMAT);
      const rows = {
        "chat.details.since": date.format(new Date(user.createdAt)),
        "chat.details.names": (user.previousNames ?? []).filter((name) => name !== user.displayName).join(", "),
        "chat.details.messages": String(messages?.length ?? 0),
        "chat.details.clients": (connectedClients ?? []).map((client) => client.userAgent).join("; "),
      };
      list.replaceChildren(
        ...Object.entries(rows)
          .filter(([, value]) => value)
          .flatMap(([key, value]) => [create("dt", "", text(key)), create("dd", "", value)]),
      );
      list.scrollIntoView({ block: "nearest" });
      if (user.disabledAt && !box.querySelector(".unban")) {
        const button = this.#button("chat.unban", () => this.#run(api.setUserEnabled(author, true)));
        button.classList.add("unban");
        list.before(button);
      }
    } catch {
      setText(list, text("chat.failed"));
    }
  }
}

/** @param {HTMLElement} line */
const isHidden = (line) => line.classList.contains("is-hidden");
