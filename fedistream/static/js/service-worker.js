/**
 * The service worker: shows what the node pushes, and opens the page of a notification that is clicked. It is served at
 * /serviceWorker.js, where Owncast's is: browsers that subscribed before a move replace theirs by it. It caches nothing.
 */

/**
 * @typedef {object} PushMessage
 * @property {string} [title]
 * @property {string} [body]
 * @property {string} [icon]
 * @property {string} [tag]  a shown notification with the same tag is replaced
 * @property {string} [url]  the page to open
 */

// the types of the DOM do not know the globals of a worker
const worker = /** @type {any} */ (globalThis);

const ICON = "/logo/external";
const AGAIN_MS = 30 * 60_000; // as long as the node tries to send a message

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("push", (/** @type {any} */ event) => {
  const { title, body, icon, tag, url } = readMessage(event.data?.text() ?? "");
  // a browser withdraws the permission of a site that shows nothing for a push
  const shown = { body: body ?? "", icon: icon ?? ICON, tag: tag ?? "live", data: { url: url ?? "/", at: Date.now() } };
  event.waitUntil(show(title || location.host, shown));
});

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(openPage(String(event.notification.data?.url ?? "/")));
});

/**
 * Show a notification. One that is still shown is not sounded again: a node that was killed repeats its last messages.
 * @param {string} title
 * @param {{body: string, icon: string, tag: string, data: {url: string, at: number}}} options
 */
async function show(title, options) {
  const former = await worker.registration.getNotifications({ tag: options.tag });
  const isRepeated = former.some(
    (/** @type {any} */ each) =>
      each.title === title && each.body === options.body && options.data.at - (each.data?.at ?? 0) < AGAIN_MS,
  );
  await worker.registration.showNotification(title, { ...options, renotify: !isRepeated });
}

/**
 * @param {string} text
 * @returns {PushMessage}
 */
function readMessage(text) {
  try {
    const message = JSON.parse(text);
    return typeof message === "object" && message ? message : {};
  } catch {
    return { body: text };
  }
}

/**
 * Focus a window that shows the page already, or open one.
 * @param {string} address
 */
async function openPage(address) {
  const wanted = new URL(address, location.origin);
  // the node may be known by another name than the one that this browser subscribed at
  const url = new URL(wanted.pathname + wanted.search, location.origin);
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((/** @type {{url: string}} */ each) => new URL(each.url).pathname === url.pathname);
  return there ? there.focus() : worker.clients.openWindow(url.href);
}
