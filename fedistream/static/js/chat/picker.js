/**
 * Emoji: those of this node, and the picker for all others, which is loaded when it is first opened.
 */

import { page } from "../page.js";
import * as calls from "./calls.js";

const MOST = 6;

/** @typedef {{name: string, url: string}} Emoji */
/** @typedef {import("emoji-picker-element").Picker} Picker */

/** @type {Promise<Emoji[]> | null} */
let asked = null;
/** @type {Emoji[]} */
let ours = [];

/** This node's own, asked for once; a failed question is asked again the next time. */
function own() {
  asked ??= calls.emoji().then(
    (answer) => {
      const listed = Array.isArray(answer) ? answer : [];
      ours = listed.filter((each) => typeof each?.name === "string" && /^\/(?!\/)/.test(each?.url));
      return ours;
    },
    () => {
      asked = null;
      return [];
    },
  );
  return asked;
}

/**
 * @param {import("./composer.js").Composer} composer
 * @param {HTMLElement} button
 * @param {HTMLElement} box
 */
export function offer(composer, button, box) {
  const show = async (/** @type {boolean} */ open) => {
    box.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    if (!box.firstElementChild) await build(composer, box).catch((error) => console.warn(error));
    box.firstElementChild?.shadowRoot?.querySelector("input")?.focus();
  };
  button.addEventListener("click", () => void show(Boolean(box.hidden)));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    void show(false);
    composer.field.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    const inside = event.target instanceof Node && (box.contains(event.target) || button.contains(event.target));
    if (!box.hidden && !inside) void show(false);
  });
  return {
    /** @param {string} part */
    find(part) {
      void own();
      const wanted = part.toLowerCase();
      return ours
        .filter(({ name }) => name.toLowerCase().includes(wanted))
        .slice(0, MOST)
        .map(({ name, url }) => ({ label: `:${name}:`, insert: `:${name}:`, image: url }));
    },
  };
}

/**
 * @param {import("./composer.js").Composer} composer
 * @param {HTMLElement} box
 */
async function build(composer, box) {
  const { module, data } = page.chat.emoji;
  const [custom] = await Promise.all([own(), import(module)]);
  if (box.firstElementChild) return;
  const picker = /** @type {Picker} */ (document.createElement("emoji-picker"));
  picker.dataSource = data;
  picker.customEmoji = custom.map(({ name, url }) => ({ name, shortcodes: [name], url }));
  picker.addEventListener("emoji-click", ({ detail: { unicode, emoji } }) => composer.insert(unicode ?? `:${emoji.name}:`));
  box.append(picker);
}
