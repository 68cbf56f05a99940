import { ANNOTATIONS_PAGE } from "./annotations-page.ts";
import { COMPATIBILITY_PAGE } from "./compatibility-page.ts";
import { CONFIGURATION_PAGE } from "./configuration-page.ts";
import type { Page } from "./page.ts";
import { REASONS_PAGE } from "./reasons-page.ts";
import { RESOURCES_PAGE } from "./resources-page.ts";

/** All pages that are written out of the source; a test fails when one of them is stale. */
export const PAGES: readonly Page[] = [
  CONFIGURATION_PAGE,
  ANNOTATIONS_PAGE,
  REASONS_PAGE,
  COMPATIBILITY_PAGE,
  RESOURCES_PAGE,
];
