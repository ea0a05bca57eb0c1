/**
 * The playback rate that brings the viewer to the live position and keeps them there. Pure.
 *
 * hls.js has such a catch-up too, but it rests while less than a second is buffered. With parts of a third of a second the
 * live position is a second behind the edge, so it would leave every viewer at what the start has cost: 0.4 s.
 */

const CATCH_UP_RATE = 1.05; // nobody hears the difference, and browsers keep the pitch
const START_ABOVE_S = 0.12;
const STOP_BELOW_S = 0.03; // apart from START_ABOVE_S, or the rate would change to and fro
const MIN_BUFFER_S = 0.4; // with less, playing faster causes the stall that it should make good

/**
 * @param {number} latencyOverTarget  seconds behind the live position
 * @param {number} forwardBuffer  seconds of video
 * @param {number} currentRate
 */
export function playbackRate(latencyOverTarget, forwardBuffer, currentRate) {
  if (forwardBuffer < MIN_BUFFER_S) return 1;
  return latencyOverTarget > (currentRate > 1 ? STOP_BELOW_S : START_ABOVE_S) ? CATCH_UP_RATE : 1;
}
