/**
 * The watch page and the embedded player: joins the status and the player into what the page shows.
 */

import "./bell.js";
import "./external-actions.js";
import "./schedule.js";
import { accepted } from "./content-warning.js";
import { keepSpaceKey, listenForHotkeys } from "./hotkeys.js";
import { find, page } from "./page.js";
import { statusPoller } from "./page-status.js";
import { Player } from "./player.js";
import { PlaybackReports } from "./playback-reports.js";
import { playerState } from "./player-state.js";
import { PlayerView } from "./player-view.js";
import { QualityMenu } from "./quality-menu.js";
import * as relativeTime from "./relative-time.js";
import { StatsPanel } from "./stats-panel.js";
import { startPinging } from "./viewer-ping.js";

const DRAIN_MS = 12_000; // the most that a viewer may have buffered when the broadcast has ended
const UNREACHABLE_AFTER = 2; // requests without an answer; one is enough if the picture stands still too
const RELOAD_GAP_MS = 60_000;
const RELOADED_KEY = "fedistream.reloaded";

const box = find(document, ".player", HTMLElement);
const template = find(document, "#player-template", HTMLTemplateElement);
const view = new PlayerView(document);
const reports = new PlaybackReports(page.urls.reports, () => clockSkew);

/** @type {Player | null} */
let player = null;
/** @type {StatsPanel | null} */
let statsPanel = null;
let starting = false;
/** @type {number | undefined} the start of the broadcast that the player plays */
let broadcastStartedAt;
let hasPlayed = false;
/** @type {"" | "once" | "for good"} whether the player's files could not be loaded */
let loadFailure = "";
let clockSkew = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let endTimer;

async function startPlayer() {
  if (player || starting || loadFailure) return;
  starting = true;
  try {
    await accepted;
    player = await Player.build(box, template);
  } catch (error) {
    console.warn(error);
    loadFailure = "once";
    statusPoller.pollNow(); // is it the file that is missing, or the server?
    return;
  } finally {
    starting = false;
  }
  if (statusPoller.latest.state === "offline") {
    removePlayer();
    return;
  }
  broadcastStartedAt = statusPoller.latest.startedAt?.getTime();
  bindPlayer(player);
  update();
  await player.start();
}

/** @param {Player} player */
function bindPlayer(player) {
  statsPanel = new StatsPanel(player, find(box, ".stats-panel", HTMLElement), find(box, ".stats-button", HTMLElement));
  statsPanel.skew = clockSkew;
  new QualityMenu(player, find(box, ".quality-menu", HTMLSelectElement));
  reports.follow(player);
  keepSpaceKey(player.controller);
  player.addEventListener("change", () => {
    // a picture that moves again means that the server may be back
    if (player.playback === "playing" && statusPoller.failures) statusPoller.pollNow();
    update();
  });
  // the page was made before this viewer counted as one
  player.addEventListener("playing", () => statusPoller.pollNow(), { once: true });
  for (const type of ["problem", "ended"]) {
    // if the broadcast is over, the buffer has now been played to its end
    player.addEventListener(type, () =>
      statusPoller.latest.state === "offline" ? removePlayer() : statusPoller.pollUnlessFailing(),
    );
  }
  updateMediaSession();
}

function removePlayer() {
  clearTimeout(endTimer);
  endTimer = undefined;
  statsPanel?.close();
  reports.stop();
  player?.stop();
  player = statsPanel = null;
  render();
}

/** After an update of the node, an open page asks for files that no longer exist; a fresh page knows the new names. */
function reloadOnce() {
  try {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED_KEY)) >= RELOAD_GAP_MS) {
      sessionStorage.setItem(RELOADED_KEY, String(Date.now()));
      location.reload();
      return;
    }
  } catch {
    // a page that embeds this one may deny storage: without it we would not know how often the page was reloaded
  }
  loadFailure = "for good";
}

/** Tell the system what a lock screen shows. */
function updateMediaSession() {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({
    title: statusPoller.latest.title || page.name,
    artist: page.name,
    artwork: [{ src: page.urls.logo, type: "image/png", sizes: "512x512" }],
  });
}

/** @returns {import("./player-state.js").Reachability} */
function reachability() {
  if (!statusPoller.failures) return "ok";
  if (!navigator.onLine) return "no-network";
  const notPlaying = player !== null && ["loading", "stalled", "failed"].includes(player.playback);
  return notPlaying || statusPoller.failures >= UNREACHABLE_AFTER ? "unreachable" : "ok";
}

/** @param {Player} player */
function isIdle(player) {
  return player.playback !== "playing" || player.video.ended;
}

/** What each state of the server means for the player. */
const ON_STATUS = {
  live() {
    const isAnother = statusPoller.latest.startedAt?.getTime() !== broadcastStartedAt;
    // the end went unnoticed, as in a hidden page, or the next broadcast began while the last one was still playing
    if (player && isIdle(player) && isAnother) removePlayer();
    clearTimeout(endTimer);
    endTimer = undefined;
    void startPlayer();
  },
  waiting() {
    ON_STATUS.live();
  },
  offline() {
    if (!player) return;
    if (isIdle(player)) removePlayer();
    else endTimer ??= setTimeout(removePlayer, DRAIN_MS);
  },
};

/** Called for all news, of the server and of the player. */
function update() {
  const { state } = statusPoller.latest;
  ON_STATUS[state]();
  if (player) player.streamExpected = state === "live" && reachability() === "ok";
  render();
}

function render() {
  /** @type {import("./player-state.js").Playback} */
  const playback = loadFailure === "for good" ? "unsupported" : (player?.playback ?? "none");
  if (playback === "playing") hasPlayed = true;
  const facts = {
    server: statusPoller.latest.state,
    reachability: reachability(),
    playback,
    hasPlayed,
    behind: player?.liveEdge.isBehind ?? false,
  };
  view.setState(playerState(facts), facts.reachability);
  view.showStatus(statusPoller.latest);
}

statusPoller.addEventListener("status", () => {
  const { skew, state } = statusPoller.latest;
  if (skew !== null) clockSkew = skew;
  if (statsPanel) statsPanel.skew = clockSkew;
  if (loadFailure === "once") reloadOnce();
  // the server was away, or the encoder was: what waits to be tried again need not wait any longer
  if (player && state === "live" && !player.streamExpected) player.retryNow();
  update();
});
statusPoller.addEventListener("failure", update);
box.querySelector(".retry")?.addEventListener("click", () => player?.retry());
relativeTime.startUpdatingTimes();
listenForHotkeys(() => player?.controller ?? null, () => statsPanel?.toggle());
startPinging(page.urls.ping, () => player !== null && (player.video.paused || player.engine?.name === "native"));
update();
