import type { Behaviour } from "./behaviour.ts";
import { HEADERS } from "./headers.ts";
import { HOSTS } from "./hosts.ts";
import { METHODS } from "./methods.ts";
import { ODD_RULES } from "./odd-rules.ts";
import { ORDER } from "./order.ts";
import { PATHS } from "./paths.ts";
import { QUERIES } from "./queries.ts";
import { WEIGHTS } from "./weights.ts";

/** What is held against a real Envoy, and explanations of requests against that: by what it is about. */
export const TABLE: Readonly<Record<string, readonly Behaviour[]>> = {
  paths: PATHS,
  headers: HEADERS,
  "query parameters": QUERIES,
  "methods and schemes": METHODS,
  "the order of routes": ORDER,
  hosts: HOSTS,
  weights: WEIGHTS,
  "odd rules of Envoy's": ODD_RULES,
};
