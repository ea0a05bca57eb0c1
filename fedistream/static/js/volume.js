/**
 * Volume and muting: what the viewer chose last, within what the browser allows a page before the first click.
 */

import { moveFocus } from "./hotkeys.js";
import { find } from "./page.js";

const STORAGE_KEY = "fedistream.sound";

/** @typedef {{muted: boolean, volume: number}} Volume */

/** @returns {Volume} */
function storedVolume() {
  try {
    const { muted, volume } = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}");
    return { muted: muted !== false, volume: volume >= 0 && volume <= 1 ? volume : 1 };
  } catch {
    return { muted: true, volume: 1 };
  }
}

/** @param {Volume} volume */
function storeVolume({ muted, volume }) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify({ muted, volume }));
  } catch {
    // storage is off or full: the choice lasts as long as the page
  }
}

/**
 * What this module has set, until the event for it comes: that event is no choice of the viewer.
 * @type {Volume | null}
 */
let ownChange = null;

/**
 * @param {HTMLVideoElement} video
 * @param {Volume} volume
 */
function setVolume(video, { muted, volume }) {
  ownChange = { muted, volume };
  video.muted = muted;
  video.volume = volume;
}

/**
 * Start to play as the streamer wants it: "always" with sound if the viewer had it on and the browser allows it, muted
 * otherwise; "sound-only" never muted; "off" not at all.
 * @param {HTMLVideoElement} video
 * @param {"off" | "always" | "sound-only"} autoplay
 * @returns {Promise<boolean>} false if the viewer has to press play
 */
export async function playWithStoredVolume(video, autoplay) {
  const { muted, volume } = storedVolume();
  setVolume(video, { muted: muted && autoplay === "always", volume: volume || 1 });
  if (autoplay === "off") return false;
  if (autoplay === "always") return tryPlay(video);
  return !(await isRefused(video));
}

/**
 * @param {HTMLVideoElement} video
 * @returns {Promise<boolean>} whether the browser lets no page play like this
 */
async function isRefused(video) {
  try {
    await video.play();
    return false;
  } catch (error) {
    // other errors, such as a source that is replaced meanwhile, are the player's to handle
    return /** @type {Error} */ (error).name === "NotAllowedError";
  }
}

/**
 * Play with the present volume, or muted if the browser insists.
 * @param {HTMLVideoElement} video
 * @returns {Promise<boolean>} false if the browser does not let a page play at all, as phones do that save power
 */
export async function tryPlay(video) {
  if (!(await isRefused(video))) return true;
  if (video.muted) return false;
  setVolume(video, { muted: true, volume: video.volume });
  return !(await isRefused(video));
}

/**
 * Show the unmute button while the video is muted, and store what the viewer chooses.
 * @param {HTMLVideoElement} video
 * @param {HTMLElement} controller
 */
export function setUpUnmuteButton(video, controller) {
  const button = find(controller, ".unmute", HTMLElement);
  const show = () => (button.hidden = !video.muted);
  button.addEventListener("click", () => {
    video.muted = false;
    if (video.volume === 0) video.volume = 1;
    void video.play().catch(() => {});
    moveFocus(button, controller, "media-mute-button");
  });
  video.addEventListener("volumechange", () => {
    show();
    if (ownChange && ownChange.muted === video.muted && ownChange.volume === video.volume) return;
    ownChange = null;
    storeVolume(video);
  });
  show();
}
