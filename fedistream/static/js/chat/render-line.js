/**
 * Renders a line of the log as elements.
 */

import { text } from "../page.js";
import { avatar, create } from "./elements.js";
import { engagementLine } from "./engagement.js";
import { leadOut, sanitize, webUrl } from "./sanitize.js";

/** @typedef {import("./protocol.js").Line} Line */
/** @typedef {import("./protocol.js").Person} Person */

const UNSPECIFIED_WARNING = "\u26a0"; // what the server sends for a warning without words

const timeFormat = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

/** @type {("bot" | "moderator" | "authenticated")[]} */
const BADGES = ["bot", "moderator", "authenticated"];

/**
 * Return the author's name as the button that opens the actions. The Tab key passes over it: arrow keys move in the log.
 * @param {Person} person
 */
function nameButton(person) {
  const button = create("button", "author");
  button.type = "button";
  button.tabIndex = -1;
  button.setAttribute("aria-expanded", "false");
  paintName(button, person);
  return button;
}

/**
 * Write a person's name into an element, in the person's colour and with the badges.
 * @param {HTMLElement} element
 * @param {Person} person
 */
export function paintName(element, person) {
  element.dataset.colour = String(person.colour);
  // remote people have their server beside the name instead of badges
  const badges = person.remote ? [] : BADGES.filter((badge) => person[badge]);
  element.replaceChildren(
    create("bdi", "", person.name),
    ...badges.map((badge) => {
      const element = create("span", `name-badge ${badge}`, text(`chat.badge.${badge}`));
      element.title = text(`chat.badge.${badge}.title`);
      return element;
    }),
  );
}

/**
 * Return the server that a remote person is from, as the link to the original message.
 * @param {import("./protocol.js").Remote} remote
 * @param {string} link
 */
function originLink(remote, link) {
  const server = remote.address.slice(remote.address.lastIndexOf("@") + 1);
  const url = webUrl(link);
  const origin = create(url ? "a" : "span", "origin");
  origin.title = text("chat.origin.title", { address: remote.address });
  const sign = create("span", "", "\u2042");
  sign.setAttribute("aria-hidden", "true");
  origin.append(sign, create("span", "sr-only", text("chat.origin")), " ", create("bdi", "", server));
  if (url && origin instanceof HTMLAnchorElement) {
    leadOut(origin, url);
    origin.tabIndex = -1;
  }
  return origin;
}

/**
 * Return a sentence about an event with the names in it.
 * @param {string} key
 * @param {Record<string, string>} names
 */
function eventSentence(key, names) {
  const sentence = create("p", "line-text");
  // names are isolated: one that is written from right to left does not reorder the sentence
  for (const part of text(key).split(/(\{\w+\})/)) {
    const name = part.startsWith("{") ? names[part.slice(1, -1)] : undefined;
    sentence.append(name === undefined ? part : create("bdi", "name", name));
  }
  return sentence;
}

/** @param {Line} line */
function messageBody(line) {
  const body = create("div", "line-text");
  body.dir = "auto";
  if (line.warning) {
    const content = create("div");
    content.append(sanitize(line.html));
    const summary = line.warning === UNSPECIFIED_WARNING ? text("chat.sensitive") : line.warning;
    const details = create("details", "content-warning");
    details.append(create("summary", "", summary), content);
    body.append(details);
  } else body.append(sanitize(line.html));
  if (line.editedAt) {
    // at the end of the last paragraph, not below it
    const last = body.lastElementChild;
    (last?.nodeName === "P" ? last : body).append(" ", create("small", "edited", text("chat.edited")));
  }
  return body;
}

/** @param {Line} line */
function lineHeader(line) {
  const header = create("div", "line-header");
  const time = create("time", "sent-at", timeFormat.format(line.at));
  time.dateTime = line.at.toISOString();
  const { person } = line;
  const name = line.kind === "chat" && person ? nameButton(person) : create("strong", "author", person?.name ?? "");
  if (person?.remote) header.append(avatar(person.remote.avatar, person.name, person.colour));
  header.append(name, " ");
  if (person?.remote) header.append(originLink(person.remote, line.link), " ");
  header.append(time);
  if (line.replyTo) {
    const button = create("button", "reply-to", "\u21a9");
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.replyTo = line.replyTo;
    button.title = text("chat.reply-to");
    button.setAttribute("aria-label", text("chat.reply-to"));
    header.append(" ", button);
  }
  header.append(" "); // a space instead of a margin, as the text may run from right to left
  return header;
}

/** @type {Record<Line["kind"], (line: Line) => HTMLElement>} */
const BODIES = {
  chat: messageBody,
  system: messageBody,
  action: messageBody,
  joined: (line) => eventSentence("chat.joined", { name: line.person?.name ?? "" }),
  parted: (line) => eventSentence("chat.parted", { name: line.person?.name ?? "" }),
  renamed: (line) => eventSentence("chat.renamed", { old: line.oldName, name: line.person?.name ?? "" }),
  follow: (line) => engagementLine([line]),
  like: (line) => engagementLine([line]),
  repost: (line) => engagementLine([line]),
};

/**
 * @param {Line} line
 * @returns {HTMLLIElement}
 */
export function renderLine(line) {
  const item = create("li", "line");
  item.dataset.kind = line.kind;
  item.dataset.id = line.id;
  item.tabIndex = -1;
  if (line.person) item.dataset.author = line.person.id;
  if (line.editedAt) item.dataset.edited = line.editedAt;
  if (line.person?.remote) item.dataset.original = line.link;
  if (line.kind === "chat" || line.kind === "system") item.append(lineHeader(line));
  item.append(BODIES[line.kind](line));
  return item;
}

/**
 * Return whether `message` mentions `name`: after an @, and not as the beginning of a longer name.
 * @param {string} message
 * @param {string} name
 */
export function mentionsName(message, name) {
  if (!name) return false;
  const [hay, needle] = [message.toLowerCase(), `@${name.toLowerCase()}`];
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) {
    if (!/^[\p{L}\p{N}_]/u.test(hay.slice(at + needle.length))) return true;
  }
  return false;
}
