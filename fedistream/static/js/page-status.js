/** The one status poller of a page, shared by player and chat. It starts with the first module that imports it. */

import { page } from "./page.js";
import { parseStatus, StatusPoller } from "./status-poller.js";

export const statusPoller = new StatusPoller(page.urls.status, parseStatus(page.status));
statusPoller.start();
