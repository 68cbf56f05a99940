import type { JsonObject } from "../../../../src/model/json.ts";
import type { Chance } from "../chaos/random.ts";
import { maybe } from "./objects.ts";
import { FLAG_NAMES, METHODS, PATHS, QUERY_NAMES, QUERY_VALUES, VALUES } from "./words.ts";

/* What random routes ask for. */

export function randomPath(chance: Chance): JsonObject {
  const kind = chance.below(6);
  if (kind < 3) return { prefix: chance.pick(["/", "/", ...PATHS]) };
  if (kind === 3) return { path: { exact: chance.pick(PATHS) } };
  return {
    path: { regex: chance.pick(["/a.*", "/[ab]+/?", "/(a|b)/[^/]*", "(?i)/A/B", "/.*/b", "/a/b|/b", "/\\w+", ".*"]) },
  };
}

export function randomConditions(chance: Chance): JsonObject {
  const headers = Array.from({ length: chance.below(3) }, () => randomHeader(chance));
  const parameter = {
    name: chance.pick(QUERY_NAMES),
    ...maybe(chance, 2, { match: { exact: chance.pick(QUERY_VALUES) } }),
  };
  return {
    ...maybe(chance, 5, { method: chance.pick(METHODS) }),
    ...maybe(chance, 8, { scheme: chance.pick(["http", "https"]) }),
    ...(headers.length > 0 && { headers }),
    ...maybe(chance, 4, { queryParameters: [parameter] }),
  };
}

export function randomHeader(chance: Chance): JsonObject {
  const value = chance.pick(VALUES.filter((each) => each !== ""));
  const start = chance.below(8) - 3;
  const match = chance.pick<JsonObject | undefined>([
    undefined,
    { exact: value },
    { prefix: value.slice(0, 1 + chance.below(2)) },
    { suffix: value.slice(-1) },
    { regex: chance.pick(["[a-c]+", "al.*", ".*b", "\\d+", "a|b"]) },
    { range: { start, end: start + chance.below(8) } },
  ]);
  return { name: chance.pick(FLAG_NAMES), ...maybe(chance, 3, { invert: true }), ...(match && { match }) };
}
