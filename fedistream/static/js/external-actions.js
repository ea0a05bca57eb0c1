/**
 * The buttons of external actions: opens their pages in a dialog. Without this module they are links to a new tab.
 */

const dialog = document.querySelector("dialog.action-dialog");

if (dialog instanceof HTMLDialogElement) {
  const heading = /** @type {HTMLElement} */ (dialog.querySelector("h2"));
  const newTab = /** @type {HTMLAnchorElement} */ (dialog.querySelector("a"));
  const place = /** @type {HTMLElement} */ (dialog.querySelector(".action-frame"));

  /** @param {HTMLAnchorElement} link */
  const open = (link) => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", link.dataset.sandbox ?? "");
    frame.referrerPolicy = "no-referrer";
    frame.allow = "fullscreen";
    frame.title = link.dataset.title ?? "";
    frame.src = link.href;
    heading.textContent = frame.title;
    newTab.href = link.href;
    place.replaceChildren(frame);
    dialog.showModal();
  };

  for (const link of document.querySelectorAll("a.external-action[data-sandbox]")) {
    link.addEventListener("click", (event) => {
      const { ctrlKey, metaKey, shiftKey } = /** @type {MouseEvent} */ (event);
      if (ctrlKey || metaKey || shiftKey) return;
      event.preventDefault();
      open(/** @type {HTMLAnchorElement} */ (link));
    });
  }
  dialog.querySelector("button")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  // a page that is no longer seen should neither play nor count
  dialog.addEventListener("close", () => place.replaceChildren());
}
