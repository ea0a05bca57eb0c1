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
 * Starts to play: with sound where the viewer had it on and the browser allows, muted otherwise.
 * @param {HTMLVideoElement} video
 */
export async function play(video) {
  const { muted, volume } = remembered();
  video.volume = volume;
  video.muted = muted;
  try {
    await video.play();
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "NotAllowedError" || video.muted) return;
    video.muted = true;
    await video.play().catch(() => {});
  }
}

/**
 * Keeps the unmute button in step with the video, and remembers what the viewer (not the browser) chose.
 * @param {HTMLVideoElement} video
 * @param {HTMLElement} button
 */
export function follow(video, button) {
  let touched = false;
  const show = () => (button.hidden = !video.muted);
  const choose = () => (touched = true);
  button.addEventListener("click", () => {
    touched = true;
    video.muted = false;
    if (video.volume === 0) video.volume = 1;
    void video.play().catch(() => {});
  });
  video.addEventListener("volumechange", () => {
    show();
    if (touched || navigator.userActivation?.isActive) remember(video);
  });
  document.addEventListener("keydown", choose, { once: true });
  show();
}
