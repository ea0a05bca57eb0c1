/**
 * The state that the page is in, from what it knows: a table, read from the top. Pure; player-view.js shows the state.
 */

/** @typedef {"offline" | "live" | "waiting"} ServerState  what the server said last */
/**
 * "ok": the server answers; "no-network": the viewer's device is offline; "unreachable": the server does not answer.
 * @typedef {"ok" | "no-network" | "unreachable"} Reachability
 */
/**
 * "none": there is no player yet; "loading": it has shown no frame so far; "paused": by the viewer; "stalled": the picture
 * stands still; "failed": no decoder takes the stream, which is tried again; "unsupported": the browser can play nothing.
 * @typedef {"none" | "loading" | "playing" | "paused" | "stalled" | "failed" | "unsupported"} Playback
 */
/**
 * @typedef {object} Facts
 * @property {ServerState} server
 * @property {Reachability} reachability
 * @property {Playback} playback
 * @property {boolean} hasPlayed  whether this page has shown a broadcast
 * @property {boolean} behind  whether the picture is so late that jumping to live is offered
 */
/**
 * @typedef {"offline" | "starting" | "live" | "behind" | "stalled" | "waiting" | "no-network" | "unreachable" | "ended" |
 *   "failed" | "unsupported"} State
 */

// a picture that moves needs no message over it, whatever else is known
const NOT_PLAYING = ["none", "loading", "stalled"];

/** @type {ReadonlyArray<[State, {[fact in keyof Facts]?: unknown[]}]>} */
const RULES = [
  ["unsupported", { server: ["live", "waiting"], playback: ["unsupported"] }],
  ["ended", { server: ["offline"], playback: [...NOT_PLAYING, "failed", "unsupported"], hasPlayed: [true] }],
  ["offline", { server: ["offline"], playback: [...NOT_PLAYING, "failed", "unsupported"] }],
  ["no-network", { reachability: ["no-network"], playback: [...NOT_PLAYING, "failed"] }],
  ["unreachable", { reachability: ["unreachable"], playback: [...NOT_PLAYING, "failed"] }],
  ["waiting", { server: ["waiting"], playback: [...NOT_PLAYING, "failed"] }],
  ["failed", { playback: ["failed"] }],
  ["starting", { playback: ["none", "loading"] }],
  ["stalled", { playback: ["stalled"] }],
  ["behind", { reachability: ["ok"], behind: [true] }],
  ["live", {}],
];

/**
 * @param {Facts} facts
 * @returns {State}
 */
export function playerState(facts) {
  const matches = (/** @type {[State, object]} */ [, conditions]) =>
    Object.entries(conditions).every(([fact, values]) => values.includes(facts[/** @type {keyof Facts} */ (fact)]));
  const [state] = /** @type {[State, object]} */ (RULES.find(matches));
  return state;
}
