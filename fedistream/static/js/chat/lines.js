/**
 * A line of the log as elements. Where it goes, and what a click on it does, is for others to say.
 */

import { text } from "../page.js";
import { clean, web } from "./clean.js";
import { face, make } from "./elements.js";
import { engagement } from "./engagement.js";

const NO_WORDS = "\u26a0"; // the server's sign for a warning that does not say of what

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

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
  // who is from elsewhere has where he is from for a mark
  const known = person.remote ? [] : ["bot", "moderator", "authenticated"];
  const marks = known.filter((mark) => person[/** @type {"bot"} */ (mark)]);
  element.replaceChildren(
    name,
    ...marks.map((mark) => {
      const badge = make("span", `mark ${mark}`, text(`chat.mark.${mark}`));
      badge.title = text(`chat.mark.${mark}.title`);
      return badge;
    }),
  );
}

/**
 * Where somebody is from, as the link to what was said there.
 * @param {import("./wire.js").Remote} remote
 * @param {string} link
 */
function origin(remote, link) {
  const server = remote.address.slice(remote.address.lastIndexOf("@") + 1);
  const url = web(link);
  const mark = make(url ? "a" : "span", "origin");
  mark.title = text("chat.origin.title", { address: remote.address });
  const sign = make("span", "", "\u2042");
  sign.setAttribute("aria-hidden", "true");
  mark.append(sign, make("span", "sr-only", text("chat.origin")), " ", make("bdi", "", server));
  if (url && mark instanceof HTMLAnchorElement) {
    mark.href = url.href;
    mark.rel = "nofollow noopener noreferrer";
    mark.target = "_blank";
    mark.tabIndex = -1;
  }
  return mark;
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
function speech(line) {
  const said = make("div", "said");
  said.dir = "auto";
  if (line.warning) {
    const fold = make("details", "warned");
    const words = make("div");
    words.append(clean(line.html));
    fold.append(make("summary", "", line.warning === NO_WORDS ? text("chat.sensitive") : line.warning), words);
    said.append(fold);
  } else said.append(clean(line.html));
  if (line.edited) {
    // within the last paragraph, as that is how it reads
    (said.lastElementChild?.nodeName === "P" ? said.lastElementChild : said).append(" ", make("small", "edited", text("chat.edited")));
  }
  return said;
}

/** @param {import("./wire.js").Line} line */
function head(line) {
  const box = make("div", "head");
  const time = make("time", "at", clock.format(line.at));
  time.dateTime = line.at.toISOString();
  const { person } = line;
  const name = line.kind === "chat" && person ? who(person) : make("strong", "who", person?.name ?? "");
  if (person?.remote) box.append(face(person.remote.picture, person.name, person.colour));
  box.append(name, " ");
  if (person?.remote) box.append(origin(person.remote, line.link), " ");
  box.append(time);
  if (line.answers) {
    const back = make("button", "back-to", "\u21a9");
    back.type = "button";
    back.tabIndex = -1;
    back.dataset.to = line.answers;
    back.title = text("chat.question");
    back.setAttribute("aria-label", text("chat.question"));
    box.append(" ", back);
  }
  box.append(" "); // not a margin of the words: those may run from right to left
  return box;
}

/** @type {Record<import("./wire.js").Line["kind"], (line: import("./wire.js").Line) => HTMLElement>} */
const BODIES = {
  chat: speech,
  system: speech,
  action: speech,
  joined: (line) => happening("chat.joined", { name: line.person?.name ?? "" }),
  parted: (line) => happening("chat.parted", { name: line.person?.name ?? "" }),
  renamed: (line) => happening("chat.renamed", { old: line.oldName, name: line.person?.name ?? "" }),
  follow: (line) => engagement([line]),
  like: (line) => engagement([line]),
  repost: (line) => engagement([line]),
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
  if (line.edited) item.dataset.edited = line.edited;
  if (line.person?.remote) item.dataset.original = line.link;
  if (line.kind === "chat" || line.kind === "system") item.append(head(line));
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
