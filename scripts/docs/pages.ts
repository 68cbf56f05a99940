import { CONFIGURATION_PAGE } from "./configuration-page.ts";
import type { Page } from "./page.ts";

/** All pages that are written out of the source; a test fails when one of them is stale. */
export const PAGES: readonly Page[] = [CONFIGURATION_PAGE];
