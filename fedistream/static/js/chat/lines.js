/**
 * A line of the log as elements. Where it goes, and what a click on it does, is for others to say.
 */

import { text } from "../page.js";
import { clean, web } from "./clean.js";

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name
 * @param {string} [className]
 * @param {string} [words]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(name, className = "", words = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (words) made.textContent = words;
  return made;
}

/**
 * The name of somebody, as the button that opens what can be done. Not in the order of Tab: the log has arrows for it.
 * @param {import("./wire.js").Person} person
 */
function who(person) {
  const button = make("button", "who");
  button.type = "button";
  button.tabIndex = -1;
  button.setAttribute("aria-expanded", "false");
  button.dataset.person = person.id;
  dress(button, person);
  return button;
}

/**
 * @param {HTMLElement} element
 * @param {import("./wire.js").Person} person
 */
export function dress(element, person) {
  element.dataset.colour = String(person.colour);
  const name = make("bdi", "", person.name);
  const marks = ["bot", "moderator", "authenticated"].filter((mark) => person[/** @type {"bot"} */ (mark)]);
  element.replaceChildren(
    name,
    ...marks.map((mark) => {
      const badge = make("span", `mark ${mark}`, text(`chat.mark.${mark}`));
      badge.title = text(`chat.mark.${mark}.title`);
      return badge;
    }),
  );
}

/** What happened, in one sentence with the names in it set apart. */
function happening(/** @type {string} */ key, /** @type {Record<string, string>} */ names) {
  const sentence = make("p", "said");
  // a name is text, and isolated: one written from right to left does not turn the sentence round
  for (const part of text(key).split(/(\{\w+\})/)) {
    const name = names[part.slice(1, -1)];
    sentence.append(name !== undefined && part.startsWith("{") ? make("bdi", "name", name) : part);
  }
  return sentence;
}

/** @param {import("./wire.js").Line} line */
function social(line) {
  const box = make("div", "social");
  const image = web(line.image);
  if (image) {
    const avatar = make("img", "avatar");
    avatar.src = image.href;
    avatar.alt = "";
    avatar.width = avatar.height = 32;
    box.append(avatar);
  }
  const url = web(line.link);
  const title = url ? make("a", "", line.title) : make("strong", "", line.title);
  if (url && title instanceof HTMLAnchorElement) {
    title.href = url.href;
    title.rel = "nofollow noopener noreferrer";
    title.target = "_blank";
  }
  const said = make("div", "said");
  said.append(clean(line.html));
  box.append(title, said);
  return box;
}

/** @param {import("./wire.js").Line} line */
function speech(line) {
  const said = make("div", "said");
  said.append(clean(line.html));
  return said;
}

/** @type {Record<import("./wire.js").Line["kind"], (line: import("./wire.js").Line) => HTMLElement>} */
const BODIES = {
  chat: speech,
  system: speech,
  action: speech,
  joined: (line) => happening("chat.joined", { name: line.person?.name ?? "" }),
  parted: (line) => happening("chat.parted", { name: line.person?.name ?? "" }),
  renamed: (line) => happening("chat.renamed", { old: line.oldName, name: line.person?.name ?? "" }),
  follow: social,
  like: social,
  repost: social,
};

/**
 * @param {import("./wire.js").Line} line
 * @returns {HTMLLIElement}
 */
export function build(line) {
  const item = make("li", "line");
  item.dataset.kind = line.kind;
  item.dataset.id = line.id;
  item.tabIndex = -1;
  if (line.person) item.dataset.author = line.person.id;
  if (line.kind === "chat" || line.kind === "system") {
    const time = make("time", "at", clock.format(line.at));
    time.dateTime = line.at.toISOString();
    const name = line.kind === "chat" && line.person ? who(line.person) : make("strong", "who", line.person?.name ?? "");
    const head = make("div", "head");
    head.append(name, " ", time);
    item.append(head);
  }
  item.append(BODIES[line.kind](line));
  return item;
}

/**
 * Whether `name` is spoken to in `words`: after an @, and not as the beginning of a longer name.
 * @param {string} words
 * @param {string} name
 */
export function mentions(words, name) {
  if (!name) return false;
  const [hay, needle] = [words.toLowerCase(), `@${name.toLowerCase()}`];
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) {
    if (!/^[\p{L}\p{N}_]/u.test(hay.slice(at + needle.length))) return true;
  }
  return false;
}
