/**
 * The button for notifications in this browser: asks for the permission when it is clicked, subscribes at the browser's
 * push service, and tells the node. Without this module, and without notifications, the button is not shown.
 */

import { register, send, storedToken } from "./chat/api.js";
import { page, setText, text } from "./page.js";

const WORKER = "/serviceWorker.js";
const RENEWED_KEY = "fedistream.push.renewed";
const RENEW_MS = 7 * 86_400_000; // the node may have lost a subscription, as when an old backup was restored

/** @typedef {"off" | "on" | "blocked" | "unsupported"} State */

const bell = document.querySelector(".bell");
const button = bell?.querySelector("button");
const note = bell?.querySelector(".bell-note") ?? null;
const urls = page.urls?.push;

if (bell instanceof HTMLElement && button && urls) {
  bell.hidden = false;
  void start(bell, button, urls);
}

/**
 * @param {HTMLElement} bell
 * @param {HTMLButtonElement} button
 * @param {import("./page.js").PushUrls} urls
 */
async function start(bell, button, urls) {
  let busy = false;

  /**
   * @param {State} state
   * @param {string} [message]
   */
  const show = (state, message = "") => {
    bell.dataset.state = state;
    button.setAttribute("aria-pressed", String(state === "on"));
    setText(note, message);
  };

  const present = async () => {
    const why = obstacle();
    if (why) return show(why === "blocked" ? "blocked" : "unsupported");
    const subscription = await (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();
    const isOurs = Boolean(subscription && hasKey(subscription, urls.key) && Notification.permission === "granted");
    show(isOurs ? "on" : "off");
    if (!isOurs || !subscription || isKnown(subscription)) return;
    // a failure changes nothing for this browser: it is told again with the next page
    await tellNode(urls.register, subscription).catch(console.warn);
  };

  const toggle = async () => {
    const why = obstacle();
    if (why) return show(why === "blocked" ? "blocked" : "unsupported", text(`bell.${why}`));
    if (bell.dataset.state === "on") {
      await unsubscribe(urls);
      return show("off", text("bell.now-off"));
    }
    // first of all, while the click still counts as one
    const permission = await Notification.requestPermission();
    if (permission === "denied") return show("blocked", text("bell.blocked"));
    if (permission !== "granted") return show("off", text("bell.not-allowed"));
    await subscribe(urls);
    show("on", text("bell.now-on"));
  };

  button.addEventListener("click", async () => {
    if (busy) return;
    busy = true;
    button.setAttribute("aria-busy", "true");
    try {
      await toggle();
    } catch (error) {
      console.warn(error);
      setText(note, text("bell.failed"));
    } finally {
      busy = false;
      button.removeAttribute("aria-busy");
    }
  });

  try {
    await present();
  } catch (error) {
    console.warn(error);
    show("off");
  }
}

/** @returns {"" | "insecure" | "home-screen" | "unsupported" | "blocked"} why notifications cannot be had here */
function obstacle() {
  if (!window.isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    // Safari on iPhone and iPad has push for pages on the home screen alone
    return "standalone" in navigator && !navigator.standalone ? "home-screen" : "unsupported";
  }
  return Notification.permission === "denied" ? "blocked" : "";
}

/** @param {import("./page.js").PushUrls} urls */
async function subscribe(urls) {
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  const former = await pushManager.getSubscription();
  if (former && !hasKey(former, urls.key)) await former.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: urls.key };
  await tellNode(urls.register, await pushManager.subscribe(options));
}

/** @param {import("./page.js").PushUrls} urls */
async function unsubscribe(urls) {
  const subscription = await (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();
  if (!subscription) return;
  await subscription.unsubscribe(); // from now on the push service says that it is gone, whatever the node knows
  await tellNode(urls.unregister, subscription);
}

/**
 * @param {string} url
 * @param {PushSubscription} subscription
 */
async function tellNode(url, subscription) {
  if (!storedToken()) await register(urls?.visitor);
  await send(url, { channel: "BROWSER_PUSH_NOTIFICATION", destination: JSON.stringify(subscription) });
  try {
    localStorage.setItem(RENEWED_KEY, `${Date.now()} ${subscription.endpoint}`);
  } catch {
    // then it is told again with the next page
  }
}

/**
 * Return whether the node was told of this subscription lately. A browser may replace it by another at any time.
 * @param {PushSubscription} subscription
 */
function isKnown(subscription) {
  try {
    const [at, endpoint] = (localStorage.getItem(RENEWED_KEY) ?? "").split(" ");
    return endpoint === subscription.endpoint && Date.now() - Number(at) < RENEW_MS;
  } catch {
    return false;
  }
}

/**
 * Return whether a subscription was made with this key: with any other the node cannot send to it.
 * @param {PushSubscription} subscription
 * @param {string} key  in base64url
 */
function hasKey(subscription, key) {
  const own = subscription.options.applicationServerKey;
  if (!own) return false;
  const base64 = btoa(String.fromCharCode(...new Uint8Array(own)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") === key;
}
