/**
 * A second filter for the HTML of messages, behind the server's: elements that are allowed are made anew with the
 * attributes that are allowed, and all others are replaced by their content. It holds if the server's filter ever fails.
 */

import { page } from "../page.js";

const ALLOWED = new Set(["BR", "P", "STRONG", "EM", "CODE", "PRE"]);
const DROPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "NOSCRIPT", "IFRAME", "OBJECT", "EMBED", "TEXTAREA", "TITLE", "SVG", "MATH"]);
const MAX_DEPTH = 20; // of nested elements; the server's rendering has four

/**
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function sanitize(html) {
  // within a template nothing runs or loads
  const template = document.createElement("template");
  template.innerHTML = html;
  const fragment = document.createDocumentFragment();
  copyNodes(template.content, fragment, MAX_DEPTH);
  return fragment;
}

/**
 * @param {Node} from
 * @param {Node} to
 * @param {number} depth
 */
function copyNodes(from, to, depth) {
  for (const node of from.childNodes) {
    if (node instanceof Text) to.appendChild(document.createTextNode(node.data));
    else if (node instanceof Element && depth > 0) copyElement(node, to, depth);
  }
}

/**
 * @param {Element} source
 * @param {Node} to
 * @param {number} depth
 */
function copyElement(source, to, depth) {
  const name = source.nodeName.toUpperCase();
  if (DROPPED.has(name)) return;
  const copy = ALLOWED.has(name) ? document.createElement(name) : name === "A" ? copyLink(source) : null;
  if (name === "IMG") to.appendChild(copyImage(source));
  else if (copy) copyNodes(source, to.appendChild(copy), depth - 1);
  else copyNodes(source, to, depth - 1);
}

/** @param {Element} source */
function copyLink(source) {
  const url = webUrl(source.getAttribute("href"));
  if (!url) return null;
  const copy = document.createElement("a");
  leadOut(copy, url);
  return copy;
}

/**
 * Return a custom emoji of this node as an image, and any other image as its description.
 * @param {Element} source
 */
function copyImage(source) {
  const alt = source.getAttribute("alt") ?? "";
  const url = webUrl(source.getAttribute("src"));
  const isEmoji = url?.origin === location.origin && url.pathname.startsWith(page.chat.urls.emojiImages);
  if (!url || !isEmoji) return document.createTextNode(alt);
  const copy = document.createElement("img");
  copy.src = url.pathname;
  copy.className = "emoji";
  copy.alt = alt;
  copy.title = source.getAttribute("title") ?? alt;
  return copy;
}

/**
 * Let a link lead to another site, in a tab of its own, without telling that site where the reader comes from.
 * @param {HTMLAnchorElement} link
 * @param {URL} url
 */
export function leadOut(link, url) {
  link.href = url.href;
  link.rel = "nofollow noopener noreferrer";
  link.target = "_blank";
}

/**
 * @param {string | null} address
 * @returns {URL | null} null unless the scheme is http or https
 */
export function webUrl(address) {
  try {
    const url = new URL(address ?? "", location.href);
    return address && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
  } catch {
    return null;
  }
}
