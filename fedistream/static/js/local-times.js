/**
 * The module of pages that need nothing but their times in the reader's language and time zone.
 */

import * as relativeTime from "./relative-time.js";

relativeTime.startUpdatingTimes();
