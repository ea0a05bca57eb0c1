/**
 * The chat of the watch page and of the frames for other sites: joins the socket, the log and the composer.
 *
 * The chat's element dispatches "chat-message" for each message that comes in.
 */

import { find, page, setText, text } from "../page.js";
import { Autocomplete, RecentPeople } from "./autocomplete.js";
import { watchAvailability } from "./availability.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { setUpEmojiPicker } from "./emoji-picker.js";
import { fadeOutLines } from "./fade-out.js";
import { ChatLog } from "./log.js";
import { MessageActions } from "./message-actions.js";
import { Profile } from "./profile.js";
import { SignIn } from "./sign-in.js";

/** @typedef {import("./protocol.js").ChatEvent} ChatEvent */
/** @typedef {import("./protocol.js").Line} Line */
/** @typedef {import("./protocol.js").Person} Person */

const options = page.chat;
const chat = find(document, "#chat", HTMLElement);
const element = (/** @type {string} */ selector) => find(chat, selector, HTMLElement);

const connection = new Connection();
const send = (/** @type {object} */ command) => connection.send(command);
const scroll = element(".chat-log");
const log = new ChatLog(scroll, element(".chat-log > ol"), element(".chat-new-messages"));
const people = new RecentPeople();
const statusLine = element(".chat-status");

/** The parts for writing, which a chat has that is not for reading alone. */
const writing = chat.dataset.mode === "readwrite" ? setUpComposer() : null;

function setUpComposer() {
  const composer = new Composer(find(chat, ".chat-composer", HTMLFormElement), options.maxBytes, send);
  const dialog = find(chat, ".chat-profile", HTMLDialogElement);
  const profile = new Profile(element(".chat-identity"), dialog, send);
  const signIn = SignIn.find(dialog);
  // a field that waits for the visitor to sign in opens the dialog
  composer.field.addEventListener("click", () => {
    if (writing?.allowed || !profile.person) return;
    profile.open();
    signIn?.focus();
  });
  const actions = new MessageActions(log.list, scroll, {
    mention: (name) => composer.insert(`@${name}`),
    focusComposer: () => composer.field.focus(),
    showStatus,
  });
  const emoji = setUpEmojiPicker(composer, element(".chat-emoji-button"), element(".chat-emoji-picker"));
  new Autocomplete(composer.field, element(".chat-suggestions"), element(".chat-announcer"), {
    "@": (query) => people.find(query).map((name) => ({ label: name, insert: `@${name}` })),
    ":": (query) => emoji.find(query),
  });
  composer.field.addEventListener("sent", () => log.scrollToEnd());
  return { composer, profile, signIn, actions, open: true, allowed: !options.signedInOnly };
}

/**
 * Show a message above the log, until the next one.
 * @param {string} message
 */
function showStatus(message) {
  setText(statusLine, message);
  statusLine.hidden = !message;
}

function updateComposer() {
  if (!writing) return;
  const joined = connection.state === "open";
  const reason = !joined ? `chat.state.${connection.state}` : writing.open ? "chat.sign-in-first" : "chat.closed";
  writing.composer.setWritable(joined && writing.open && writing.allowed, text(reason));
}

/** @param {Person} person */
function onSelf(person) {
  log.selfName = person.name;
  people.add(person);
  if (!writing) return;
  writing.profile.setPerson(person);
  writing.signIn?.setPerson(person);
  if (writing.signIn?.showFailure()) writing.profile.open();
  writing.allowed = !options.signedInOnly || person.authenticated || person.moderator;
  updateComposer();
  log.repaintName(person);
  writing.actions.selfId = person.id;
  writing.actions.moderator = person.moderator;
  chat.classList.toggle("is-moderator", person.moderator);
}

/** @param {Line} line */
function onLine(line) {
  const { kind, person } = line;
  if (person && (kind === "chat" || kind === "joined" || kind === "renamed")) people.add(person);
  if (kind === "renamed" && person) {
    log.repaintName(person);
    const self = writing?.profile.person;
    if (self && self.id === person.id) onSelf({ ...self, name: person.name });
  }
  log.add(line);
  if (kind === "chat" && !line.hidden) chat.dispatchEvent(new CustomEvent("chat-message"));
}

/** @param {Person} person */
function onRecoloured(person) {
  log.repaintName(person);
  const self = writing?.profile.person;
  if (self && self.id === person.id) writing?.profile.setPerson({ ...self, colour: person.colour });
}

/** @param {ChatEvent} event */
function onEvent(event) {
  switch (event.type) {
    case "self":
      return onSelf(event.person);
    case "line":
      return onLine(event);
    case "edited":
      return log.update(event.line);
    case "recoloured":
      return onRecoloured(event.person);
    case "visibility":
      return log.setVisibility(event.ids, event.visible);
  }
}

/** @param {Line[]} lines */
function onHistory(lines) {
  for (const line of lines) people.add(line.person);
  log.setHistory(lines);
}

/** @param {import("./connection.js").ConnectionState} state */
function onState(state) {
  chat.dataset.state = state;
  showStatus(state === "open" ? "" : text(`chat.state.${state}`));
  updateComposer();
}

const detail = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail;
connection.addEventListener("event", (event) => onEvent(detail(event)));
connection.addEventListener("history", (event) => onHistory(detail(event)));
connection.addEventListener("state", (event) => onState(detail(event)));

if (writing) {
  watchAvailability(options.afterSeconds * 1_000, (open) => {
    writing.open = open;
    updateComposer();
  });
  updateComposer();
}
if (chat.dataset.mode === "overlay") fadeOutLines(log.list, Number(new URLSearchParams(location.search).get("fade")));
chat.dataset.state = connection.state;
connection.connect();
