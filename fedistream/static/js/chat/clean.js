/**
 * A second look at the HTML of messages: what is not on the list is left out, what is on it is built anew.
 * The server sanitises first; this holds if it ever fails, and cannot be talked into more by odd nesting.
 */

const EMOJI = "/img/emoji/";
const PLAIN = new Set(["BR", "P", "STRONG", "EM", "CODE", "PRE"]);
const SILENT = new Set(["SCRIPT", "STYLE", "TEMPLATE", "NOSCRIPT", "IFRAME", "OBJECT", "EMBED", "TEXTAREA", "TITLE", "SVG", "MATH"]);
const DEEPEST = 20; // elements within each other; the server's rendering makes four

/**
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function clean(html) {
  // nothing within a template runs or loads
  const template = document.createElement("template");
  template.innerHTML = html;
  const fragment = document.createDocumentFragment();
  copy(template.content, fragment, DEEPEST);
  return fragment;
}

/**
 * @param {Node} from
 * @param {Node} to
 * @param {number} depth
 */
function copy(from, to, depth) {
  for (const node of from.childNodes) {
    if (node instanceof Text) to.appendChild(document.createTextNode(node.data));
    else if (node instanceof Element && depth > 0) element(node, to, depth);
  }
}

/**
 * @param {Element} given
 * @param {Node} to
 * @param {number} depth
 */
function element(given, to, depth) {
  const name = given.nodeName.toUpperCase();
  if (SILENT.has(name)) return;
  const made = PLAIN.has(name) ? document.createElement(name) : name === "A" ? link(given) : null;
  if (name === "IMG") to.appendChild(picture(given));
  else if (made) copy(given, to.appendChild(made), depth - 1);
  else copy(given, to, depth - 1);
}

/** @param {Element} given */
function link(given) {
  const url = web(given.getAttribute("href"));
  if (!url) return null;
  const made = document.createElement("a");
  made.href = url.href;
  made.rel = "nofollow noopener noreferrer";
  made.target = "_blank";
  return made;
}

/**
 * An emoji of this node; any other picture is its description.
 * @param {Element} given
 */
function picture(given) {
  const alt = given.getAttribute("alt") ?? "";
  const url = web(given.getAttribute("src"));
  if (url?.origin !== location.origin || !url.pathname.startsWith(EMOJI)) return document.createTextNode(alt);
  const made = document.createElement("img");
  made.src = url.pathname;
  made.className = "emoji";
  made.alt = alt;
  made.title = given.getAttribute("title") ?? alt;
  return made;
}

/**
 * @param {string | null} address
 * @returns {URL | null} if it is one of http or https
 */
export function web(address) {
  try {
    const url = new URL(address ?? "", location.href);
    return address && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
  } catch {
    return null;
  }
}
