/**
 * Elements that the lines of the chat are made of.
 */

import { web } from "./clean.js";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name
 * @param {string} [className]
 * @param {string} [words]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(name, className = "", words = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (words) made.textContent = words;
  return made;
}

/**
 * A face, or the first letter of a name where there is none or it does not come.
 * @param {string} picture
 * @param {string} name
 * @param {number} [colour]
 */
export function face(picture, name, colour) {
  const letter = make("span", "avatar", [...name][0] ?? "");
  letter.setAttribute("aria-hidden", "true");
  if (colour !== undefined) letter.dataset.colour = String(colour);
  const url = web(picture);
  // faces come from this node, which fetches them: nobody elsewhere is told who reads here
  if (url?.origin !== location.origin) return letter;
  const image = make("img", "avatar");
  image.src = url.href;
  image.alt = "";
  image.width = image.height = 32;
  image.loading = "lazy";
  image.addEventListener("error", () => image.replaceWith(letter));
  return image;
}
