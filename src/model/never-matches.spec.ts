import { describe, expect, test } from "vitest";
import { cannotBeSent, impossibleName, notAName, unaskedHost, unmeetable, unmeetableCall } from "./never-matches.ts";

describe("the name in a match that no request can have", () => {
  test.each([
    {
      what: "a header with the end of a line",
      match: { headers: [{ name: "a" }, { name: "a\nb" }] },
      at: "headers[1].name",
    },
    { what: "a header with a zero", match: { headers: [{ name: "a\0" }] }, at: "headers[0].name" },
    {
      what: "metadata with the end of a line",
      match: { metadata: [{ name: "a\nb" }] },
      at: "metadata[0].name",
    },
    {
      what: "a query parameter without a name",
      match: { queryParameters: [{ name: "" }] },
      at: "queryParameters[0].name",
    },
    {
      what: "a query parameter of 1,025 bytes",
      match: { queryParameters: [{ name: "q" }, { name: `${"é".repeat(512)}x` }] },
      at: "queryParameters[1].name",
    },
    {
      what: "names that are odd and can be sent",
      match: {
        headers: [{ name: ":path" }, { name: "a b" }],
        queryParameters: [{ name: "é".repeat(512) }, { name: "a=b" }],
      },
      at: undefined,
    },
    { what: "no names", match: {}, at: undefined },
  ])("$what", ({ match, at }) => {
    expect(impossibleName(match)).toBe(at);
  });
});

test.each([
  ["web.shop", false],
  ["*.shop", false],
  ["a b", false],
  ["web\nshop", true],
  ["web\r", true],
])("a host %j", (host, cannot) => {
  expect(cannotBeSent(host)).toBe(cannot);
});

describe("a condition that no request meets", () => {
  test.each([
    ["a prefix without a slash", { prefix: "api" }, "prefix"],
    ["an exact path without one", { path: { exact: "api" } }, "path.exact"],
    ["a prefix with a query", { prefix: "/api?x=1" }, "prefix"],
    ["a path with a fragment", { path: { exact: "/a#b" } }, "path.exact"],
    ["a prefix with a star for anything", { prefix: "/api/*" }, "prefix"],
    ["a prefix with an escape that is none", { prefix: "/%7Euser" }, "prefix"],
    ["a prefix through the folder above", { prefix: "/a/../b" }, "prefix"],
    ["a prefix with two slashes", { prefix: "//api" }, "prefix"],
    ["a prefix with a backslash", { prefix: "/a\\b" }, "prefix"],
    ["an exact path of other letters", { path: { exact: "/é" } }, "path.exact"],
    ["an exact path that ends in the same folder", { path: { exact: "/a/." } }, "path.exact"],
    ["an exact path with an escaped dot", { path: { exact: "/a%2Eb" } }, "path.exact"],
    ["an expression without a slash", { path: { regex: "api/.*" } }, "path.regex"],
    ["an expression from its beginning without one", { path: { regex: "^api" } }, "path.regex"],
    ["a header's name with a blank and a colon", { headers: [{ name: "x" }, { name: "X User:" }] }, "headers[1].name"],
    [
      "a range that is none",
      { headers: [{ name: "x", match: { range: { start: 10, end: 5 } } }] },
      "headers[0].match.range",
    ],
    ["an empty range", { headers: [{ name: "x", match: { range: { start: 5, end: 5 } } }] }, "headers[0].match.range"],
  ])("is %s", (_, match, at) => {
    expect(unmeetable(match)?.at).toBe(at);
  });

  test.each([
    ["an empty prefix, which is every path", { prefix: "" }],
    ["a regular expression that begins with anything", { path: { regex: ".*api" } }],
    ["one whose first letter may be absent", { path: { regex: "a?/api" } }],
    ["one of several", { path: { regex: "api|/api" } }],
    ["a prefix that ends in the middle of a name", { prefix: "/a/.." }],
    ["a prefix that ends in the middle of an escape", { prefix: "/a%7" }],
    ["a prefix of two slashes alone", { prefix: "//" }],
    ["a path with escapes that stay", { path: { exact: "/a%2Fb%c3%a9" } }],
    ["a path with a star", { path: { exact: "/*" } }],
    ["a name of HTTP/2", { prefix: "/", headers: [{ name: ":path", match: { prefix: "/a" } }] }],
    [
      "the contrary of a range that is none",
      { headers: [{ name: "x", invert: true, match: { range: { start: 2, end: 1 } } }] },
    ],
    ["a range of one number", { headers: [{ name: "x", match: { range: { start: 5, end: 6 } } }] }],
    [
      "a value that counts before its range",
      { headers: [{ name: "x", match: { exact: "a", range: { start: 2, end: 1 } } }] },
    ],
  ])("is not %s", (_, match) => {
    expect(unmeetable(match)).toBeUndefined();
  });
});

describe("a condition that no call of gRPC meets", () => {
  test.each([
    ["a path in place of a service", { serviceName: "/shop.Catalogue/List" }, "serviceName"],
    ["a service and a method in one", { serviceName: "shop.Catalogue", methodName: "Catalogue/List" }, "methodName"],
    ["a name that metadata cannot have", { metadata: [{ name: "x" }, { name: "X User:" }] }, "metadata[1].name"],
    [
      "a range that is none",
      { metadata: [{ name: "x", match: { range: { start: 5, end: 5 } } }] },
      "metadata[0].match.range",
    ],
  ])("is %s", (_, match, at) => {
    expect(unmeetableCall(match)?.at).toBe(at);
  });

  test.each([
    ["every call", {}],
    ["a service of a package", { serviceName: "shop.v1.Catalogue", methodName: "List" }],
    ["metadata in bytes", { metadata: [{ name: "trace-bin", match: { exact: "AAA=" } }] }],
  ])("is not %s", (_, match) => {
    expect(unmeetableCall(match)).toBeUndefined();
  });
});

test.each([
  ["http://x.example.com", "a host name has no scheme"],
  ["web.shop:8080", "a host name has no port"],
  ["web.shop/api", "a host name has no path"],
  ["web shop", "a host name has no blanks and colons"],
])("%s is no name", (text, problem) => {
  expect(notAName(text)).toBe(problem);
  expect(unaskedHost(text)).toBe(problem);
});

test.each(["web.shop.svc.cluster.local.", "WEB", "10.0.0.1", "fd00::1", "a_b"])(
  "%s is a name or an address",
  (text) => {
    expect(notAName(text)).toBeUndefined();
  },
);

test.each([
  ["*", true],
  ["*.shop", true],
  ["web.*", true],
  ["w*.shop", false],
  ["*.*.shop", false],
])("whether a request may ask for %s: %s", (name, may) => {
  expect(unaskedHost(name) === undefined).toBe(may);
});
