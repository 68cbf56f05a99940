import type { HttpSent } from "../../../../src/answers/explain-request/sent-request.ts";
import type { Chance } from "../chaos/random.ts";
import { FLAG_NAMES, HOSTS, METHODS, PATHS, QUERY_NAMES, QUERY_VALUES, VALUES } from "./words.ts";

/** A request to a port that hits, or nearly hits, what random meshes have. */
export function randomRequest(port: number, to: "service" | "gateway", chance: Chance): HttpSent {
  const host = to === "service" ? randomHost(chance) : chance.pick(GATEWAY_HOSTS);
  return {
    kind: "http",
    scheme: "http",
    host: "called.example",
    port,
    method: chance.below(3) > 0 ? "GET" : chance.pick(METHODS),
    authority: host,
    path: `${randomPath(chance)}${randomQuery(chance)}`,
    headers: randomHeaders(chance),
  };
}

const GATEWAY_HOSTS: readonly string[] = [
  "one.example.com",
  "ONE.Example.com:8080",
  "two.example.com.",
  "x.example.com",
  "example.com",
  "a.deep.example.com",
  "deep.example.com",
  "notexample.com",
  "other",
];

function randomHost(chance: Chance): string {
  const name = chance
    .pick([...HOSTS, "one.shop.svc", "b.six.shop", "a.b.six.shop", "six.shop", "nobody.example", "echo.shop"])
    .replace("*", "z");
  const cased = chance.below(4) === 0 ? name.toUpperCase() : name;
  const dotted = chance.below(6) === 0 ? `${cased}.` : cased;
  return `${dotted}${chance.pick(["", "", "", ":8080", ":1"])}`;
}

/** Mostly one that routes know; at times spelled so that only its normal form is one, or with any character at all. */
function randomPath(chance: Chance): string {
  const path = chance.pick(["/", ...PATHS]);
  switch (chance.below(8)) {
    case 0:
      return `${path}${chance.pick(["/", "b", "/b", "/..", "/../a", "//b", "/./b", "%2fb", "/%62", "/%2e%2e/b", "\\b", ";x", ".."])}`;
    case 1:
      return oddPath(chance);
    default:
      return path;
  }
}

const ODD = [
  ..."/./.%%2e%2f%41%7e\\abAB-_~!$&'()*+,;=:@[]{}|^`\"<>".split(""),
  "%00",
  "%zz",
  "%2E",
  "%2F",
  "%20",
  "\u00c3",
  "%7f",
  "%5c",
];

/** Any characters: what becomes of them is told by what the app sees. */
export function oddPath(chance: Chance): string {
  return `/${Array.from({ length: chance.below(12) }, () => chance.pick(ODD)).join("")}`;
}

function randomQuery(chance: Chance): string {
  if (chance.below(2) === 0) return "";
  const pairs = Array.from({ length: 1 + chance.below(3) }, () => {
    const name = chance.pick([...QUERY_NAMES, "Q", "other"]);
    return chance.pick([name, `${name}=`, `${name}=${chance.pick([...QUERY_VALUES, "2", "a b".replace(" ", "+")])}`]);
  });
  return `?${pairs.join("&")}`;
}

function randomHeaders(chance: Chance): HttpSent["headers"] {
  const lines = Array.from({ length: chance.below(4) }, () => ({
    name: chance.pick(FLAG_NAMES).toLowerCase(),
    value: chance.pick(VALUES),
  }));
  const forwarded =
    chance.below(8) === 0 ? [{ name: "x-forwarded-proto", value: chance.pick(["https", "http", "ftp"]) }] : [];
  return [...lines, ...forwarded];
}
