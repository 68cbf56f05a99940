import { type Behaviour, route } from "./behaviour.ts";

/* What of a request's path a route looks at. */

export const PATHS: readonly Behaviour[] = [
  {
    about: "a prefix is the beginning of the text, not of a segment",
    provider: {
      routes: [
        route("api", { prefix: "/api" }, "red"),
        route("v2", { prefix: "/api/v2" }, "blue"),
        route("docs", { prefix: "/docs/" }, "green"),
      ],
    },
    asks: [
      ["GET /api", "red"],
      ["GET /api/", "red"],
      ["GET /api/v1", "red"],
      ["GET /api/v", "red"],
      ["GET /apiary", "red"],
      ["GET /api;version=1", "red"],
      ["GET /api?x=/docs/", "red"],
      ["POST /api", "red"],
      ["GET /api/v2", "blue"],
      ["GET /api/v22", "blue"],
      ["GET /api/v2/x", "blue"],
      ["GET /docs/", "green"],
      ["GET /docs/x/y", "green"],
      ["GET /docs", 404],
      ["GET /docs?/", 404],
      ["GET /API", 404],
      ["GET /ap", 404],
      ["GET /", 404],
      ["GET /x/api", 404],
    ],
  },
  {
    about: "a prefix that is empty, and one that no path begins with",
    provider: {
      routes: [route("word", { prefix: "api" }, "red"), route("empty", { prefix: "" }, "blue")],
    },
    asks: [
      ["GET /", "blue"],
      ["GET /api", "blue"],
    ],
  },
  {
    about: "an exact path is all of it, without the query",
    provider: {
      routes: [
        route("a", { path: { exact: "/a" } }, "red"),
        route("ab", { path: { exact: "/a/b" } }, "blue"),
        route("slash", { path: { exact: "/s/" } }, "green"),
      ],
    },
    asks: [
      ["GET /a", "red"],
      ["GET /a?x=1", "red"],
      ["GET /a?", "red"],
      ["GET /a/b", "blue"],
      ["GET /s/", "green"],
      ["GET /s", 404],
      ["GET /a/", 404],
      ["GET /a/b/", 404],
      ["GET /A", 404],
      ["GET /ab", 404],
      ["GET /a;x", 404],
      ["GET /", 404],
    ],
  },
  {
    about: "an exact root is the root alone",
    provider: {
      routes: [route("root", { path: { exact: "/" } }, "red"), route("rest", { prefix: "/" }, "blue")],
    },
    asks: [
      ["GET /", "red"],
      ["GET /?q", "red"],
      ["GET /x", "blue"],
      ["GET /x/", "blue"],
    ],
  },
  {
    about: "a regular expression is for the whole path, without the query",
    provider: {
      routes: [
        route("version", { path: { regex: "/v[0-9]+/.*" } }, "red"),
        route("letters", { path: { regex: "(?i)/case" } }, "blue"),
        route("either", { path: { regex: "/one|/two" } }, "green"),
        route("dot", { path: { regex: "/file\\.txt" } }, "grey"),
        route("anchored", { path: { regex: "^/anchored$" } }, "red"),
        route("segment", { path: { regex: "/user/[^/]+" } }, "blue"),
      ],
    },
    asks: [
      ["GET /v1/x", "red"],
      ["GET /v12/", "red"],
      ["GET /v1/x/y", "red"],
      ["GET /v1/x?y=1", "red"],
      ["GET /v1", 404],
      ["GET /x/v1/x", 404],
      ["GET /v/x", 404],
      ["GET /case", "blue"],
      ["GET /CaSe", "blue"],
      ["GET /cases", 404],
      ["GET /one", "green"],
      ["GET /two", "green"],
      ["GET /one?x", "green"],
      ["GET /one/two", 404],
      ["GET /onex", 404],
      ["GET /file.txt", "grey"],
      ["GET /fileXtxt", 404],
      ["GET /anchored", "red"],
      ["GET /anchored/", 404],
      ["GET /user/me", "blue"],
      ["GET /user/me/x", 404],
      ["GET /user/", 404],
      ["GET /user/a%2Fb", "blue"],
    ],
  },
  {
    about: "a path is looked at without its dots and without repeated slashes",
    provider: {
      routes: [route("a", { path: { exact: "/a" } }, "red"), route("ab", { path: { exact: "/a/b" } }, "blue")],
    },
    asks: [
      ["GET /x/../a", "red"],
      ["GET /./a", "red"],
      ["GET /../a", "red"],
      ["GET //a", "red"],
      ["GET /a//b", "blue"],
      ["GET /a///b", "blue"],
      ["GET /a/./b", "blue"],
      ["GET /a/x/../b", "blue"],
      ["GET /a/..", 404],
      // dots with parameters are dots, escaped ones with parameters are a name
      ["GET /x/..;y/a", "red"],
      ["GET /a/.;x/b", "blue"],
      ["GET /x/%2e%2e;y/a", 404],
    ],
  },
];
