/**
 * How fast to play so as to come close to live and stay there. Pure.
 *
 * hls.js has a catch-up of its own, which rests while less than a second is in hand. With parts of a third of a second
 * the live point is a second behind the edge, so it would leave every viewer at what the start has cost: 0.4 s.
 */

const FAST = 1.05; // not heard as faster, and browsers keep the pitch
const BEGIN_S = 0.12;
const REACHED_S = 0.03; // apart from BEGIN_S, or the rate would flutter
const IN_HAND_S = 0.4; // with less, playing faster makes the stall it wants to make good

/**
 * @param {number} over  seconds behind the live point
 * @param {number} inHand  seconds of video buffered ahead
 * @param {number} rate  the present one
 */
export function pace(over, inHand, rate) {
  if (inHand < IN_HAND_S) return 1;
  return over > (rate > 1 ? REACHED_S : BEGIN_S) ? FAST : 1;
}
