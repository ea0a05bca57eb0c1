/**
 * Follows, likes and boosts from the fediverse: one compact line, which a burst of the same kind shares.
 */

import { text } from "../page.js";
import { avatar, create } from "./elements.js";
import { leadOut, webUrl } from "./sanitize.js";

const BURST_MS = 120_000; // from one to the next
const MAX_IN_BURST = 200;
const MAX_NAMED = 3; // the others are counted

/** @typedef {import("./protocol.js").Line} Line */
/** @typedef {[Line, ...Line[]]} Burst  lines of one kind, the oldest first */

/** @type {Partial<Record<Line["kind"], string>>} the names of the page's icons */
const ICONS = { follow: "people", like: "heart", repost: "share" };
/** @type {Partial<Record<Line["kind"], string>>} the keys of the sentences */
const SENTENCES = { follow: "chat.engagement.follow", like: "chat.engagement.like", repost: "chat.engagement.repost" };

const list = new Intl.ListFormat(document.documentElement.lang || undefined, { type: "conjunction" });

/** @param {Line} line */
export const isEngagement = (line) => line.kind in SENTENCES;

/**
 * Return whether `line` belongs to the burst that `lines` have begun.
 * @param {Line} line
 * @param {Line[]} lines
 */
export function continuesBurst(line, lines) {
  const last = lines.at(-1);
  if (!last || !isEngagement(line) || lines.length >= MAX_IN_BURST) return false;
  const sameKind = line.kind === last.kind && line.reaction === last.reaction;
  return sameKind && Math.abs(line.at.getTime() - last.at.getTime()) <= BURST_MS;
}

/**
 * Return one line of each account: somebody who likes two posts is named once.
 * @param {Line[]} lines
 */
function uniqueAccounts(lines) {
  return [...new Map(lines.map((line) => [line.link || line.title, line])).values()];
}

/** @param {Line} line */
function accountName(line) {
  const url = webUrl(line.link);
  const box = create(url ? "a" : "strong", "name");
  box.append(avatar(line.image, line.title), create("bdi", "", line.title));
  if (url && box instanceof HTMLAnchorElement) {
    leadOut(box, url);
    box.tabIndex = -1;
  }
  return box;
}

/**
 * Return names as the language lists them: "Ann, Bo and 7 others".
 * @param {Line[]} people
 * @returns {(Node | string)[]}
 */
function accountNames(people) {
  const named = people.length > MAX_NAMED + 1 ? people.slice(0, MAX_NAMED) : people;
  /** @type {(Node | string)[]} */
  const nodes = named.map(accountName);
  const others = people.length - named.length;
  if (others) nodes.push(text("chat.engagement.others", { n: others }));
  const next = nodes.values();
  return list.formatToParts(nodes.map(String)).map(({ type, value }) => (type === "element" ? (next.next().value ?? "") : value));
}

/**
 * Return an emoji as text, or a custom one as its image on this node; its name stands for an image that does not load.
 * @param {Line} line
 */
function reactionEmoji(line) {
  const name = create("bdi", "reaction", line.reaction);
  const url = webUrl(line.reactionImage);
  if (url?.origin !== location.origin) return name;
  const image = create("img", "emoji reaction");
  image.src = url.href;
  image.alt = image.title = line.reaction;
  image.addEventListener("error", () => image.replaceWith(name));
  return image;
}

/** @param {Burst} lines */
export function engagementLine(lines) {
  const box = create("p", "engagement");
  const [first] = lines;
  const { kind, reaction } = first;
  // the icons are in a template of the page; the sentence alone says it all
  const icons = /** @type {HTMLTemplateElement | null} */ (document.getElementById("chat-icons"));
  const icon = icons?.content.querySelector(`[data-icon="${ICONS[kind]}"]`)?.firstElementChild;
  if (icon) box.append(icon.cloneNode(true), " ");
  const sentence = reaction ? "chat.engagement.reaction" : (SENTENCES[kind] ?? "");
  for (const part of text(sentence).split(/(\{\w+\})/)) {
    if (part === "{names}") box.append(...accountNames(uniqueAccounts(lines)));
    else if (part === "{reaction}") box.append(reactionEmoji(first));
    else box.append(part);
  }
  return box;
}
