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
import { Stage } from "./stage.js";

const PLAY_OUT_MS = 12_000; // what a viewer may have in hand when the broadcast has ended
const RELOADED = "fedistream.reloaded";

const screen = /** @type {HTMLElement} */ (document.querySelector(".screen"));
const template = /** @type {HTMLTemplateElement} */ (document.getElementById("player"));
const stage = new Stage(document);

/** @type {Player | null} */
let player = null;
/** @type {LatencyPanel | null} */
let panel = null;
let building = false;
let skew = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let farewell;

async function begin() {
  if (player || building) return;
  building = true;
  stage.enter(feed.last.state === "waiting" ? "waiting" : "starting");
  try {
    player = await Player.build(screen, template);
  } catch (error) {
    building = false;
    reloadOnce(error);
    return;
  }
  building = false;
  if (feed.last.state === "offline") {
    end();
    return;
  }
  dress(player);
  player.expected = feed.last.state === "live";
  await player.start();
}

/** @param {Player} built */
function dress(built) {
  const controls = (/** @type {string} */ name) => /** @type {HTMLElement} */ (screen.querySelector(name));
  panel = new LatencyPanel(built, controls(".numbers"), controls(".latency"));
  panel.skew = skew;
  spare(built.controller);
  built.addEventListener("playing", () => feed.last.state !== "waiting" && stage.enter("live"));
  // the page was made before this viewer was one
  built.addEventListener("playing", () => feed.hurry(), { once: true });
  for (const event of ["stalled", "trouble", "ended"]) {
    // when it is known to be over, this is the end of what was in hand
    built.addEventListener(event, () => (feed.last.state === "offline" ? end() : feed.hurry()));
  }
  built.addEventListener("unplayable", () => stage.enter("unplayable"));
  introduce();
}

/** The broadcast is over: down with the curtain. */
function end() {
  clearTimeout(farewell);
  farewell = undefined;
  panel?.close();
  player?.stop();
  player = panel = null;
  stage.enter("ended");
}

/** After an update of the node an open page asks for files that are no more; a fresh one knows the new names. */
function reloadOnce(/** @type {unknown} */ error) {
  console.warn(error);
  if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < 60_000) {
    stage.enter("unplayable");
    return;
  }
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
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

/** What a status means for the player. */
const TURNS = {
  live() {
    clearTimeout(farewell);
    farewell = undefined;
    if (!player) return void begin();
    player.expected = true;
    if (stage.state === "waiting") stage.enter("live");
  },
  waiting() {
    if (!player) return void begin();
    player.expected = false;
    stage.enter("waiting");
  },
  offline() {
    if (!player) {
      if (stage.state !== "ended") stage.enter("offline");
      return;
    }
    player.expected = false;
    if (stage.state !== "live" || player.video.ended || player.video.paused) end();
    else farewell ??= setTimeout(end, PLAY_OUT_MS);
  },
};

/** @param {import("./status.js").Status} status */
function turn(status) {
  stage.connection(true);
  stage.describe(status);
  if (status.skew !== null) skew = status.skew;
  if (panel) panel.skew = skew;
  TURNS[status.state]();
}

feed.addEventListener("status", (event) => turn(/** @type {CustomEvent} */ (event).detail));
feed.addEventListener("unreachable", () => stage.connection(false));
moments.run();
listen(() => player?.controller ?? null, () => panel?.toggle());
presence.keep(page.urls.ping, () => player !== null && (player.video.paused || player.engine?.name === "native"));
turn(feed.last);
