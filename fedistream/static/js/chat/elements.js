/**
 * Elements that the lines of the chat are made of.
 */

import { webUrl } from "./sanitize.js";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} name
 * @param {string} [className]
 * @param {string} [content]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function create(name, className = "", content = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (content) element.textContent = content;
  return element;
}

/**
 * Return a person's avatar, or the first letter of the name where there is none or it does not load.
 * @param {string} picture
 * @param {string} name
 * @param {number} [colour]
 */
export function avatar(picture, name, colour) {
  const letter = create("span", "avatar", [...name][0] ?? "");
  letter.setAttribute("aria-hidden", "true");
  if (colour !== undefined) letter.dataset.colour = String(colour);
  const url = webUrl(picture);
  // avatars come from this node, which fetches them: no other server learns who reads here
  if (url?.origin !== location.origin) return letter;
  const image = create("img", "avatar");
  image.src = url.href;
  image.alt = "";
  image.width = image.height = 32;
  image.loading = "lazy";
  image.addEventListener("error", () => image.replaceWith(letter));
  return image;
}
