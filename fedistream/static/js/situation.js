/**
 * What the page is in, out of what it knows: a table, read from the top. Pure; stage.js shows it.
 */

/** @typedef {"offline" | "live" | "waiting"} Air  what the node said last */
/** @typedef {"ok" | "network" | "away"} Reach  the node answers; the viewer's network is down; the node does not answer */
/**
 * What is seen in the player: no player yet, one without a frame so far, a moving picture, one that the viewer has
 * paused, one that stands still by itself, one that no decoder takes although it is tried again, and a browser that can
 * play nothing.
 * @typedef {"none" | "opening" | "moving" | "resting" | "still" | "broken" | "unplayable"} Picture
 */
/**
 * @typedef {object} Facts
 * @property {Air} air
 * @property {Reach} reach
 * @property {Picture} picture
 * @property {boolean} seen  whether this page has shown a broadcast
 * @property {boolean} behind  whether the picture is so late that the way to live is offered
 */
/**
 * @typedef {"offline" | "starting" | "live" | "behind" | "stalled" | "waiting" | "network" | "away" | "ended" | "broken" |
 *   "unplayable"} State
 */

const IDLE = ["none", "opening", "still"]; // a picture that moves needs no words over it, whatever is known

/** @type {ReadonlyArray<[State, {[fact in keyof Facts]?: unknown[]}]>} */
const TABLE = [
  ["unplayable", { air: ["live", "waiting"], picture: ["unplayable"] }],
  ["ended", { air: ["offline"], picture: [...IDLE, "broken", "unplayable"], seen: [true] }],
  ["offline", { air: ["offline"], picture: [...IDLE, "broken", "unplayable"] }],
  ["network", { reach: ["network"], picture: [...IDLE, "broken"] }],
  ["away", { reach: ["away"], picture: [...IDLE, "broken"] }],
  ["waiting", { air: ["waiting"], picture: [...IDLE, "broken"] }],
  ["broken", { picture: ["broken"] }],
  ["starting", { picture: ["none", "opening"] }],
  ["stalled", { picture: ["still"] }],
  ["behind", { reach: ["ok"], behind: [true] }],
  ["live", {}],
];

/**
 * @param {Facts} facts
 * @returns {State}
 */
export function situation(facts) {
  const fits = (/** @type {[State, object]} */ [, row]) =>
    Object.entries(row).every(([fact, values]) => values.includes(facts[/** @type {keyof Facts} */ (fact)]));
  const [state] = /** @type {[State, object]} */ (TABLE.find(fits));
  return state;
}
