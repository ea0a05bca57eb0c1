/**
 * What the server wrote into the page: addresses, the state at that moment, and every text a module may show.
 */

/**
 * @typedef {object} PageData
 * @property {string} lang
 * @property {{status: string, ping: string, hls: string, logo: string}} urls
 * @property {Record<string, string>} texts
 * @property {Record<string, unknown>} status  the answer /api/status would have given
 * @property {string} name  of the channel
 * @property {ChatData} chat  on the pages that have one
 */
/**
 * @typedef {object} ChatData
 * @property {number} maxBytes  of a whole frame
 * @property {number} afterSeconds  that the chat stays open after a broadcast
 * @property {boolean} signedInOnly
 * @property {{module: string, data: string}} emoji  the addresses of the picker and of its names
 */

/** @type {PageData} */
export const page = JSON.parse(document.getElementById("page-data")?.textContent ?? "{}");

const plural = new Intl.PluralRules(page.lang);

/**
 * The text `key` with its `{names}` filled in. With a number in `values.n`, the form for that number ("key.one",
 * "key.other") is taken where there is one.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  const form = typeof values.n === "number" ? page.texts[`${key}.${plural.select(values.n)}`] : undefined;
  const pattern = form ?? page.texts[`${key}.other`] ?? page.texts[key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * Writes only what has changed: a live region speaks whatever is written into it, changed or not.
 * @param {Element | null} element
 * @param {string} words
 */
export function write(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}
