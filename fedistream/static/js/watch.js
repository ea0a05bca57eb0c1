/**
 * The watch page and the embedded player: what the status says and what the player sees, joined into what is shown.
 */

import { feed } from "./feed.js";
import { listen, spare } from "./keys.js";
import { LatencyPanel } from "./latency.js";
import * as moments from "./moments.js";
import { page } from "./page.js";
import { Player } from "./player.js";
import * as presence from "./presence.js";
import { situation } from "./situation.js";
import { Stage } from "./stage.js";

const PLAY_OUT_MS = 12_000; // what a viewer may have in hand when the broadcast has ended
const AWAY_AFTER = 2; // requests without an answer: one is no news, unless the picture stands still too
const RELOADED = "fedistream.reloaded";

const screen = /** @type {HTMLElement} */ (document.querySelector(".screen"));
const template = /** @type {HTMLTemplateElement} */ (document.getElementById("player"));
const stage = new Stage(document);

/** @type {Player | null} */
let player = null;
/** @type {LatencyPanel | null} */
let panel = null;
let building = false;
/** @type {number | undefined} when the broadcast began that the player plays */
let showing;
let seen = false;
/** @type {"" | "once" | "for good"} */
let unloadable = "";
let skew = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let farewell;

async function begin() {
  if (player || building || unloadable) return;
  building = true;
  try {
    player = await Player.build(screen, template);
  } catch (error) {
    console.warn(error);
    unloadable = "once";
    feed.hurry(); // is it the file that is missing, or the node?
    return;
  } finally {
    building = false;
  }
  if (feed.last.state === "offline") {
    end();
    return;
  }
  showing = feed.last.startedAt?.getTime();
  dress(player);
  turn();
  await player.start();
}

/** @param {Player} built */
function dress(built) {
  const controls = (/** @type {string} */ name) => /** @type {HTMLElement} */ (screen.querySelector(name));
  panel = new LatencyPanel(built, controls(".numbers"), controls(".latency"));
  panel.skew = skew;
  spare(built.controller);
  built.addEventListener("changed", () => {
    // a picture that moves again is news of the node too
    if (built.picture === "moving" && feed.failures) feed.hurry();
    turn();
  });
  // the page was made before this viewer was one
  built.addEventListener("playing", () => feed.hurry(), { once: true });
  for (const event of ["trouble", "ended"]) {
    // when it is known to be over, this is the end of what was in hand
    built.addEventListener(event, () => (feed.last.state === "offline" ? end() : feed.doubt()));
  }
  introduce();
}

/** The broadcast is over: down with the curtain. */
function end() {
  clearTimeout(farewell);
  farewell = undefined;
  panel?.close();
  player?.stop();
  player = panel = null;
  show();
}

/** After an update of the node an open page asks for files that are no more; a fresh one knows the new names. */
function reloadOnce() {
  try {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED)) >= 60_000) {
      sessionStorage.setItem(RELOADED, String(Date.now()));
      location.reload();
      return;
    }
  } catch {
    // an embedding page may keep us from any storage: nothing would tell how often it was reloaded
  }
  unloadable = "for good";
}

/** What the system shows of the page on a lock screen or a media key. */
function introduce() {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({
    title: feed.last.title || page.name,
    artist: page.name,
    artwork: [{ src: page.urls.logo, type: "image/png", sizes: "512x512" }],
  });
}

/** @returns {import("./situation.js").Reach} */
function reach() {
  if (!feed.failures) return "ok";
  if (!navigator.onLine) return "network";
  const doubted = player !== null && ["opening", "still", "broken"].includes(player.picture);
  return doubted || feed.failures >= AWAY_AFTER ? "away" : "ok";
}

/** @param {Player} built */
function idle(built) {
  return built.picture !== "moving" || built.video.ended;
}

/** What a status means for the player. */
const TURNS = {
  live() {
    // nobody was told of the end, as in a hidden page, or the next broadcast began before the last one was played out
    if (player && idle(player) && feed.last.startedAt?.getTime() !== showing) end();
    clearTimeout(farewell);
    farewell = undefined;
    void begin();
  },
  waiting() {
    TURNS.live();
  },
  offline() {
    if (!player) return;
    if (idle(player)) end();
    else farewell ??= setTimeout(end, PLAY_OUT_MS);
  },
};

/** Everything that is known goes through here, whatever of it is new. */
function turn() {
  TURNS[feed.last.state]();
  if (player) player.expected = feed.last.state === "live" && reach() === "ok";
  show();
}

function show() {
  /** @type {import("./situation.js").Picture} */
  const picture = unloadable === "for good" ? "unplayable" : (player?.picture ?? "none");
  if (picture === "moving") seen = true;
  const known = { air: feed.last.state, reach: reach(), picture, seen, behind: player?.edge.far ?? false };
  stage.enter(situation(known), known.reach);
  stage.describe(feed.last);
}

feed.addEventListener("status", () => {
  const { skew: told, state } = feed.last;
  if (told !== null) skew = told;
  if (panel) panel.skew = skew;
  if (unloadable === "once") reloadOnce();
  // it was away, or the encoder was: whatever waits to be tried again has waited long enough
  if (player && state === "live" && !player.expected) player.hurry();
  turn();
});
feed.addEventListener("unanswered", turn);
screen.querySelector(".again")?.addEventListener("click", () => player?.again());
moments.run();
listen(() => player?.controller ?? null, () => panel?.toggle());
presence.keep(page.urls.ping, () => player !== null && (player.video.paused || player.engine?.name === "native"));
turn();
