/**
 * Follows, likes and boosts from the fediverse: one compact line, and one for a burst of the same kind.
 */

import { text } from "../page.js";
import { web } from "./clean.js";
import { face, make } from "./elements.js";

const BURST_MS = 120_000; // from one to the next
const MOST = 200; // people in one line
const NAMED = 3; // of them; the others are counted

/** @typedef {[import("./wire.js").Line, ...import("./wire.js").Line[]]} Burst  lines of one kind, the oldest first */

/** @type {Partial<Record<import("./wire.js").Line["kind"], string>>} those of the page's icons */
const ICONS = { follow: "people", like: "heart", repost: "share" };
/** @type {Partial<Record<import("./wire.js").Line["kind"], string>>} the sentence of each kind */
const SENTENCES = { follow: "chat.engagement.follow", like: "chat.engagement.like", repost: "chat.engagement.repost" };

const list = new Intl.ListFormat(document.documentElement.lang || undefined, { type: "conjunction" });

/** @param {import("./wire.js").Line} line */
export const engages = (line) => line.kind in SENTENCES;

/**
 * Whether `line` belongs to the burst that `lines` have begun.
 * @param {import("./wire.js").Line} line
 * @param {import("./wire.js").Line[]} lines
 */
export function continues(line, lines) {
  const last = lines.at(-1);
  if (!last || !engages(line) || lines.length >= MOST) return false;
  return line.kind === last.kind && line.reaction === last.reaction && Math.abs(line.at.getTime() - last.at.getTime()) <= BURST_MS;
}

/** One of each account: somebody who likes two posts is named once. @param {import("./wire.js").Line[]} lines */
function accounts(lines) {
  return [...new Map(lines.map((line) => [line.link || line.title, line])).values()];
}

/** @param {import("./wire.js").Line} line */
function name(line) {
  const url = web(line.link);
  const box = make(url ? "a" : "strong", "name");
  box.append(face(line.image, line.title), make("bdi", "", line.title));
  if (url && box instanceof HTMLAnchorElement) {
    box.href = url.href;
    box.rel = "nofollow noopener noreferrer";
    box.target = "_blank";
    box.tabIndex = -1;
  }
  return box;
}

/**
 * Names as the language lists them: "Ann, Bo and 7 others".
 * @param {import("./wire.js").Line[]} people
 * @returns {(Node | string)[]}
 */
function names(people) {
  const named = people.length > NAMED + 1 ? people.slice(0, NAMED) : people;
  const nodes = /** @type {(Node | string)[]} */ (named.map(name));
  const left = people.length - named.length;
  if (left) nodes.push(text("chat.engagement.others", { n: left }));
  const rest = nodes.values();
  return list.formatToParts(nodes.map(String)).map((part) => (part.type === "element" ? (rest.next().value ?? "") : part.value));
}

/**
 * An emoji; a custom one as its picture, which comes from this node, or by its name.
 * @param {import("./wire.js").Line} line
 */
function emoji(line) {
  const name = make("bdi", "reaction", line.reaction);
  const url = web(line.reactionPicture);
  if (url?.origin !== location.origin) return name;
  const image = make("img", "emoji reaction");
  image.src = url.href;
  image.alt = image.title = line.reaction;
  image.addEventListener("error", () => image.replaceWith(name));
  return image;
}

/**
 * The line of those people, as an element.
 * @param {Burst} lines
 */
export function engagement(lines) {
  const box = make("p", "engagement");
  const [first] = lines;
  const { kind, reaction } = first;
  // the shapes are the page's; without them the sentence says it all
  const icons = /** @type {HTMLTemplateElement | null} */ (document.getElementById("chat-icons"));
  const icon = icons?.content.querySelector(`[data-icon="${ICONS[kind]}"]`)?.firstElementChild;
  if (icon) box.append(icon.cloneNode(true), " ");
  const sentence = reaction ? "chat.engagement.reaction" : (SENTENCES[kind] ?? "");
  for (const part of text(sentence).split(/(\{\w+\})/)) {
    if (part === "{names}") box.append(...names(accounts(lines)));
    else if (part === "{reaction}") box.append(emoji(first));
    else box.append(part);
  }
  return box;
}
