/** The one feed of a page, for the player and for the chat. It starts with the first module that imports it. */

import { page } from "./page.js";
import { parse, StatusFeed } from "./status.js";

export const feed = new StatusFeed(page.urls.status, parse(page.status));
feed.start();
