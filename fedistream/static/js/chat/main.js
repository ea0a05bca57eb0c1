/**
 * The chat of the watch page and of the frames for other sites: the socket, the log and the field, joined.
 */

import { page, text, write } from "../page.js";
import { Actions } from "./actions.js";
import { Completion, People } from "./completion.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { fade } from "./fade.js";
import { hours } from "./hours.js";
import { Log } from "./log.js";
import { offer } from "./picker.js";
import { Profile } from "./profile.js";
import { SignIn } from "./sign_in.js";

const room = /** @type {HTMLElement} */ (document.getElementById("chat"));

/**
 * A part of the room.
 * @template {HTMLElement} T
 * @param {string} selector
 * @param {{new(): T}} kind
 */
function part(selector, kind) {
  const found = room.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`the chat has no ${selector}`);
}

const settings = page.chat;

const connection = new Connection();
const scroll = part(".chat-log", HTMLElement);
const log = new Log(scroll, part(".chat-log > ol", HTMLElement), part(".chat-new", HTMLElement));
const people = new People();
const notice = part(".chat-notice", HTMLElement);
const send = (/** @type {object} */ told) => connection.send(told);

/** What only a room with a field has. */
const desk = room.dataset.mode === "readwrite" ? furnish() : null;

function furnish() {
  const composer = new Composer(part(".chat-say", HTMLFormElement), settings.maxBytes, send);
  const profile = new Profile(part(".chat-self", HTMLElement), part(".chat-profile", HTMLDialogElement), send);
  const signIn = SignIn.of(part(".chat-profile", HTMLDialogElement));
  // a field that waits for the sign-in leads to it
  composer.field.addEventListener("click", () => !desk?.known && profile.self && (profile.open(), signIn?.focus()));
  const actions = new Actions(log.list, scroll, {
    mention: (name) => composer.insert(`@${name}`),
    back: () => composer.field.focus(),
    tell,
  });
  const emoji = offer(composer, part(".chat-emoji", HTMLElement), part(".chat-picker", HTMLElement));
  new Completion(composer.field, part(".chat-choices", HTMLElement), part(".chat-spoken", HTMLElement), {
    "@": (words) => people.find(words).map((name) => ({ label: name, insert: `@${name}` })),
    ":": (words) => emoji.find(words),
  });
  composer.field.addEventListener("sent", () => log.follow());
  return { composer, profile, signIn, actions, open: true, known: !settings.signedInOnly };
}

/** A word beside the log, until the next one. @param {string} words */
function tell(words) {
  write(notice, words);
  notice.hidden = !words;
}

function allow() {
  if (!desk) return;
  const joined = connection.state === "open";
  const why = !joined ? `chat.state.${connection.state}` : desk.open ? "chat.sign-in-first" : "chat.closed";
  desk.composer.allow(joined && desk.open && desk.known, text(why));
}

/** @param {import("./wire.js").Person} person */
function introduced(person) {
  log.self = person.name;
  people.met(person);
  if (!desk) return;
  desk.profile.show(person);
  desk.signIn?.show(person);
  if (desk.signIn?.tell()) desk.profile.open();
  desk.known = !settings.signedInOnly || person.authenticated || person.moderator;
  allow();
  log.repaint(person);
  desk.actions.self = person.id;
  desk.actions.moderator = person.moderator;
  room.classList.toggle("moderated", person.moderator);
}

/** @param {import("./wire.js").Line} line */
function said(line) {
  const { kind, person } = line;
  if (person && (kind === "chat" || kind === "joined" || kind === "renamed")) people.met(person);
  if (kind === "renamed" && person) {
    log.repaint(person);
    const self = desk?.profile.self;
    if (self && self.id === person.id) introduced({ ...self, name: person.name });
  }
  log.add(line);
}

/** @param {import("./wire.js").Person} person */
function recoloured(person) {
  log.repaint(person);
  const self = desk?.profile.self;
  if (self && self.id === person.id) desk?.profile.show({ ...self, colour: person.colour });
}

/** @param {import("./wire.js").Event} event  those that the connection leaves to the page */
function act(event) {
  switch (event.act) {
    case "self":
      return introduced(event.person);
    case "line":
      return said(event);
    case "edited":
      return log.edit(event.line);
    case "recoloured":
      return recoloured(event.person);
    case "visibility":
      return log.setVisible(event.ids, event.visible);
  }
}

const detail = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail;
connection.addEventListener("event", (event) => act(detail(event)));
connection.addEventListener("history", (event) => {
  for (const line of detail(event)) people.met(line.person);
  log.fill(detail(event));
});
connection.addEventListener("state", (event) => {
  const state = detail(event);
  room.dataset.state = state;
  tell(state === "open" ? "" : text(`chat.state.${state}`));
  allow();
});

if (desk) {
  hours(settings.afterSeconds * 1_000, (open) => {
    desk.open = open;
    allow();
  });
  allow();
}
if (room.dataset.mode === "overlay") fade(log.list, Number(new URLSearchParams(location.search).get("fade")));
room.dataset.state = connection.state;
connection.open();
