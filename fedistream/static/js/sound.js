/**
 * Volume and muting: what the viewer chose last time, within what the browser lets a page do before the first click.
 */

import { leave } from "./keys.js";

const KEY = "fedistream.sound";

/** @typedef {{muted: boolean, volume: number}} Sound */

/** @returns {Sound} */
function remembered() {
  try {
    const { muted, volume } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { muted: muted !== false, volume: volume >= 0 && volume <= 1 ? volume : 1 };
  } catch {
    return { muted: true, volume: 1 };
  }
}

/** @param {Sound} sound */
function remember({ muted, volume }) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ muted, volume }));
  } catch {
    // storage is off or full: the choice then lasts as long as the page
  }
}

/**
 * What this module set and no event has told of yet: not a choice of the viewer.
 * @type {Sound | null}
 */
let ours = null;

/**
 * @param {HTMLVideoElement} video
 * @param {Sound} sound
 */
function set(video, { muted, volume }) {
  ours = { muted, volume };
  video.muted = muted;
  video.volume = volume;
}

/**
 * Starts to play: with sound where the viewer had it on and the browser allows, muted otherwise.
 * @param {HTMLVideoElement} video
 */
export function play(video) {
  set(video, remembered());
  return resume(video);
}

/**
 * Plays with the sound as it is; muted where the browser insists.
 * @param {HTMLVideoElement} video
 * @returns {Promise<boolean>} false where the browser does not let a page play at all, as phones do to save power
 */
export async function resume(video) {
  const refused = async () => {
    try {
      await video.play();
      return false;
    } catch (error) {
      // whatever else it is, such as a source that is replaced meanwhile, is for the player to mend
      return /** @type {Error} */ (error).name === "NotAllowedError";
    }
  };
  if (!(await refused())) return true;
  if (video.muted) return false;
  set(video, { muted: true, volume: video.volume });
  return !(await refused());
}

/**
 * Keeps the button that turns the sound on in step with the video, and remembers what the viewer (not this) chose.
 * @param {HTMLVideoElement} video
 * @param {HTMLElement} controller
 */
export function follow(video, controller) {
  const button = /** @type {HTMLElement} */ (controller.querySelector(".unmute"));
  const show = () => (button.hidden = !video.muted);
  button.addEventListener("click", () => {
    video.muted = false;
    if (video.volume === 0) video.volume = 1;
    void video.play().catch(() => {});
    leave(button, controller, "media-mute-button");
  });
  video.addEventListener("volumechange", () => {
    show();
    if (ours && ours.muted === video.muted && ours.volume === video.volume) return;
    ours = null;
    remember(video);
  });
  show();
}
