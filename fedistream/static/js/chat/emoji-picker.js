/**
 * Emoji: the custom ones of this node, and the picker for all, which is loaded when it is first opened.
 */

import { page } from "../page.js";
import * as api from "./api.js";

const MAX_SUGGESTIONS = 6;

/** @typedef {{name: string, url: string}} Emoji */
/** @typedef {import("emoji-picker-element").Picker} Picker */

/** @type {Promise<Emoji[]> | null} */
let request = null;
/** @type {Emoji[]} */
let customEmoji = [];

/**
 * @param {unknown} value
 * @returns {value is Emoji} true for an emoji whose image is on this node
 */
function isEmoji(value) {
  const { name, url } = /** @type {Partial<Record<"name" | "url", unknown>>} */ (value ?? {});
  return typeof name === "string" && typeof url === "string" && /^\/(?!\/)/.test(url);
}

/** Load the custom emoji, once; after a failure the next call tries again. */
function loadCustomEmoji() {
  request ??= api.fetchEmoji().then(
    (answer) => (customEmoji = Array.isArray(answer) ? answer.filter(isEmoji) : []),
    () => {
      request = null;
      return [];
    },
  );
  return request;
}

/**
 * @param {import("./composer.js").Composer} composer
 * @param {HTMLElement} button
 * @param {HTMLElement} box
 */
export function setUpEmojiPicker(composer, button, box) {
  const setOpen = async (/** @type {boolean} */ open) => {
    box.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    if (!box.firstElementChild) await buildPicker(composer, box).catch((error) => console.warn(error));
    box.firstElementChild?.shadowRoot?.querySelector("input")?.focus();
  };
  button.addEventListener("click", () => void setOpen(Boolean(box.hidden)));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    void setOpen(false);
    composer.field.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    const inside = event.target instanceof Node && (box.contains(event.target) || button.contains(event.target));
    if (!box.hidden && !inside) void setOpen(false);
  });
  return {
    /** @param {string} query */
    find(query) {
      void loadCustomEmoji();
      const wanted = query.toLowerCase();
      return customEmoji
        .filter(({ name }) => name.toLowerCase().includes(wanted))
        .slice(0, MAX_SUGGESTIONS)
        .map(({ name, url }) => ({ label: `:${name}:`, insert: `:${name}:`, image: url }));
    },
  };
}

/**
 * @param {import("./composer.js").Composer} composer
 * @param {HTMLElement} box
 */
async function buildPicker(composer, box) {
  const { module, data } = page.chat.emoji;
  const [custom] = await Promise.all([loadCustomEmoji(), import(module)]);
  if (box.firstElementChild) return;
  const picker = /** @type {Picker} */ (document.createElement("emoji-picker"));
  picker.dataSource = data;
  picker.customEmoji = custom.map(({ name, url }) => ({ name, shortcodes: [name], url }));
  picker.addEventListener("emoji-click", ({ detail: { unicode, emoji } }) => composer.insert(unicode ?? `:${emoji.name}:`));
  box.append(picker);
}
