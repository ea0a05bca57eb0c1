/**
 * The page of a broadcast that is over: its times in the reader's language and zone.
 */

import * as moments from "./moments.js";

moments.run();
