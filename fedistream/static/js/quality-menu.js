/**
 * The menu of qualities: Auto, and the renditions by their names. A native select, so that keyboards, screen readers and
 * phones know how to use it.
 */

import { setText, text } from "./page.js";

/** @typedef {import("./player.js").Player} Player */

const AUTO = -1;

export class QualityMenu {
  /**
   * @param {Player} player
   * @param {HTMLSelectElement} select
   */
  constructor(player, select) {
    this.player = player;
    this.select = select;
    select.addEventListener("change", () => player.engine?.chooseQuality(Number(select.value)));
    // media-chrome would take the keys of the menu for its own
    for (const type of ["keydown", "keyup"]) select.addEventListener(type, (event) => event.stopPropagation());
    player.addEventListener("qualities", () => this.#render());
  }

  #render() {
    const engine = this.player.engine;
    if (!engine) return;
    const { qualities, chosenQuality } = engine;
    const playing = qualities.find((each) => each.id === engine.playingQuality);
    const best = [...qualities].reverse(); // the engine counts from the smallest
    const auto = playing ? text("quality.auto-now", { name: playing.name }) : text("quality.auto");
    this.#show([{ id: AUTO, name: auto }, ...best]);
    this.select.value = String(chosenQuality);
    this.select.hidden = qualities.length < 2;
  }

  /**
   * Keep the options that are there: an open menu would close.
   * @param {{id: number, name: string}[]} wanted
   */
  #show(wanted) {
    const { options } = this.select;
    while (options.length > wanted.length) options.remove(options.length - 1);
    for (const [index, { id, name }] of wanted.entries()) {
      const option = options[index] ?? this.select.appendChild(document.createElement("option"));
      option.value = String(id);
      setText(option, name);
    }
  }
}
