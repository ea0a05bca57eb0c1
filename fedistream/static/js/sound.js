/**
 * Volume and muting: what the viewer chose last time, within what the browser lets a page do before the first click.
 */

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
export async function play(video) {
  const sound = remembered();
  set(video, sound);
  try {
    await video.play();
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "NotAllowedError" || video.muted) return;
    set(video, { ...sound, muted: true });
    await video.play().catch(() => {});
  }
}

/**
 * Keeps the button that turns the sound on in step with the video, and remembers what the viewer (not this) chose.
 * @param {HTMLVideoElement} video
 * @param {HTMLElement} button
 */
export function follow(video, button) {
  const show = () => (button.hidden = !video.muted);
  button.addEventListener("click", () => {
    video.muted = false;
    if (video.volume === 0) video.volume = 1;
    void video.play().catch(() => {});
  });
  video.addEventListener("volumechange", () => {
    show();
    if (ours && ours.muted === video.muted && ours.volume === video.volume) return;
    ours = null;
    remember(video);
  });
  show();
}
