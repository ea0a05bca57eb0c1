/**
 * What the server wrote into the page: addresses, the first status, and every text that a module may show.
 */

/**
 * @typedef {object} PageData
 * @property {string} lang
 * @property {Urls} urls
 * @property {Record<string, string>} texts
 * @property {Record<string, unknown>} status  the answer of the status URL at the time the page was made
 * @property {string} name  of the channel
 * @property {"off" | "always" | "sound-only"} autoplay  whether the player begins by itself
 * @property {ChatData} chat  only on pages with a chat
 */
/**
 * Each page has the URLs that its modules use.
 * @typedef {object} Urls
 * @property {string} status
 * @property {string} ping
 * @property {string} hls
 * @property {string} reports
 * @property {string} logo
 * @property {string} schedule
 * @property {string} remoteFollow
 * @property {string} live  the admin page's parts that are refreshed
 * @property {PushUrls} [push]  only while notifications of browsers are on
 */
/**
 * @typedef {object} PushUrls
 * @property {string} key  the node's public key for push services, in base64url
 * @property {string} register
 * @property {string} unregister
 * @property {string} visitor  where a visitor without a token gets one
 */
/**
 * @typedef {object} ChatData
 * @property {number} maxBytes  the longest frame that the socket takes
 * @property {number} afterSeconds  how long the chat stays open after a broadcast
 * @property {boolean} signedInOnly  whether only people who have signed in may write
 * @property {{module: string, data: string}} emoji  the URLs of the emoji picker and of its names
 * @property {ChatUrls} urls
 */
/**
 * @typedef {object} ChatUrls
 * @property {string} socket
 * @property {string} register
 * @property {string} messages
 * @property {string} visibility
 * @property {string} userEnabled
 * @property {string} userDetails  followed by the user's id
 * @property {string} reply
 * @property {string} block
 * @property {string} emoji
 * @property {string} emojiImages  the path under which the images of custom emoji are
 * @property {string} sendCode
 * @property {string} verifyCode
 * @property {string} indieAuth
 */

/** @type {PageData} */
export const page = JSON.parse(document.getElementById("page-data")?.textContent ?? "{}");

const plural = new Intl.PluralRules(page.lang);

/**
 * Return the text `key` with its `{placeholders}` filled in. A number in `values.n` selects the plural form ("key.one",
 * "key.other") where there is one.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  const form = typeof values.n === "number" ? page.texts[`${key}.${plural.select(values.n)}`] : undefined;
  const pattern = form ?? page.texts[`${key}.other`] ?? page.texts[key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * Write a text only if it differs: a live region announces whatever is written into it, changed or not.
 * @param {Element | null} element
 * @param {string} content
 */
export function setText(element, content) {
  if (element && element.textContent !== content) element.textContent = content;
}

/**
 * Return the element that a page must have. Throws an Error if it is missing or of another kind.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {{new(): T, name: string}} kind
 */
export function find(root, selector, kind) {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${selector} of the kind ${kind.name}`);
}
