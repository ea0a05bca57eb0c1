/**
 * The warning before a stream that is not for everybody. It is shown once in a tab.
 */

const ACCEPTED_KEY = "fedistream.content-warning";

const warning = /** @type {HTMLElement | null} */ (document.querySelector(".content-warning"));

function wasAccepted() {
  try {
    return sessionStorage.getItem(ACCEPTED_KEY) !== null;
  } catch {
    return false; // a page that embeds this one may deny storage
  }
}

function hide() {
  warning?.remove();
}

/** @type {Promise<void>} resolved when the viewer wants to see the stream, at once without a warning */
export const accepted = new Promise((resolve) => {
  if (!warning || wasAccepted()) {
    hide();
    resolve();
    return;
  }
  warning.querySelector("button")?.addEventListener("click", () => {
    try {
      sessionStorage.setItem(ACCEPTED_KEY, "1");
    } catch {
      // then the warning is shown again with the next page
    }
    hide();
    resolve();
  });
});
