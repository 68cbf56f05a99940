import { type Behaviour, byHeaders, byQuery, REST, route } from "./behaviour.ts";

/*
 * Rules of Envoy that nobody would guess from a route. App Mesh was an Envoy too and had them all; a translation cannot change
 * them, and whoever explains an answer has to know them.
 */

export const ODD_RULES: readonly Behaviour[] = [
  {
    about: "of a repeated header each line counts by itself, and one that fits is enough",
    why: "since 1.39; the Envoys of App Mesh joined the lines with commas and looked at the whole",
    provider: byHeaders({ name: "color", match: { exact: "red" } }),
    asks: [
      ["GET /\ncolor: red\ncolor: red", "red"],
      ["GET /\ncolor: red\ncolor: blue", "red"],
      ["GET /\ncolor: blue\ncolor: red", "red"],
      ["GET /\ncolor: blue\ncolor: green", "grey"],
    ],
  },
  {
    about: "a value with a comma is one line with a comma",
    why: "lines are not joined",
    provider: byHeaders({ name: "color", match: { exact: "red,blue" } }),
    asks: [
      ["GET /\ncolor: red,blue", "red"],
      ["GET /\ncolor: red, blue", "grey"],
      ["GET /\ncolor: red\ncolor: blue", "grey"],
    ],
  },
  {
    about: "the same for every kind of match",
    why: "each line is looked at by itself",
    provider: {
      routes: [
        route("prefix", { prefix: "/p", headers: [{ name: "v", match: { prefix: "a" } }] }, "red"),
        route("suffix", { prefix: "/s", headers: [{ name: "v", match: { suffix: "a" } }] }, "red"),
        route("range", { prefix: "/r", headers: [{ name: "v", match: { range: { start: 1, end: 9 } } }] }, "red"),
        route("regex", { prefix: "/x", headers: [{ name: "v", match: { regex: "a.*b" } }] }, "red"),
        REST,
      ],
    },
    asks: [
      ["GET /p\nv: a\nv: b", "red"],
      ["GET /p\nv: b\nv: a", "red"],
      ["GET /s\nv: b\nv: a", "red"],
      ["GET /s\nv: a\nv: b", "red"],
      ["GET /r\nv: 1\nv: 2", "red"],
      ["GET /r\nv: 10\nv: 2", "red"],
      ["GET /r\nv: 10\nv: 20", "grey"],
      ["GET /x\nv: a\nv: b", "grey"],
    ],
  },
  {
    about: "and another value than this is in no line",
    why: "what is inverted is that one line fits",
    provider: byHeaders({ name: "color", invert: true, match: { exact: "red" } }),
    asks: [
      ["GET /\ncolor: blue\ncolor: green", "red"],
      ["GET /\ncolor: red\ncolor: blue", "grey"],
      ["GET /\ncolor: blue\ncolor: red", "grey"],
    ],
  },
  {
    about: "a few headers are joined with commas as they come",
    why: "those that Envoy itself uses",
    provider: byHeaders({ name: "user-agent", match: { exact: "a,b" } }),
    asks: [
      ["GET /\nuser-agent: a\nuser-agent: b", "red"],
      ["GET /\nuser-agent: a", "grey"],
    ],
  },
  {
    about: "two Hosts are the name of nobody",
    why: "they are joined with a comma too; HTTP would have them refused",
    service: "once-only.shop.svc.cluster.local",
    provider: { routes: [route("a", { prefix: "/" }, "red")] },
    hosts: "as written",
    asks: [
      ["GET /\nhost: once-only.shop.svc.cluster.local\nhost: once-only.shop.svc.cluster.local", 404],
      ["GET /\nhost: once-only.shop.svc.cluster.local\nhost: other.example", 404],
    ],
  },
  {
    about: "a header that is not there does not have another value",
    why: "a matcher of a value needs one, inverted or not",
    provider: {
      routes: [
        route("exact", { prefix: "/e", headers: [{ name: "v", invert: true, match: { exact: "a" } }] }, "red"),
        route("prefix", { prefix: "/p", headers: [{ name: "v", invert: true, match: { prefix: "a" } }] }, "red"),
        route("suffix", { prefix: "/s", headers: [{ name: "v", invert: true, match: { suffix: "a" } }] }, "red"),
        route("regex", { prefix: "/x", headers: [{ name: "v", invert: true, match: { regex: "a" } }] }, "red"),
        route(
          "range",
          { prefix: "/r", headers: [{ name: "v", invert: true, match: { range: { start: 1, end: 2 } } }] },
          "red",
        ),
        REST,
      ],
    },
    asks: [
      ["GET /e", "grey"],
      ["GET /p", "grey"],
      ["GET /s", "grey"],
      ["GET /x", "grey"],
      ["GET /r", "grey"],
    ],
  },
  {
    about: "a number may begin with zeros or a plus",
    why: "it is read as C reads one",
    provider: byHeaders({ name: "level", match: { range: { start: 1, end: 9 } } }),
    asks: [
      ["GET /\nlevel: 05", "red"],
      ["GET /\nlevel: +5", "red"],
      ["GET /\nlevel: 0005", "red"],
    ],
  },
  {
    about: "of a repeated query parameter the first counts",
    why: "Envoy takes the first",
    provider: byQuery({ name: "q", match: { exact: "1" } }),
    asks: [
      ["GET /?q=1&q=2", "red"],
      ["GET /?q=2&q=1", "grey"],
      ["GET /?q&q=1", "grey"],
    ],
  },
  {
    about: "query parameters are not decoded",
    why: "they are compared as they are sent",
    provider: byQuery({ name: "q", match: { exact: "a b" } }),
    asks: [
      ["GET /?q=a%20b", "grey"],
      ["GET /?q=a+b", "grey"],
      ["GET /?%71=a", "grey"],
    ],
  },
  {
    about: "as they are sent they can be asked for",
    why: "they are compared as they are sent",
    provider: byQuery({ name: "q", match: { exact: "a%20b" } }),
    asks: [
      ["GET /?q=a%20b", "red"],
      ["GET /?q=a+b", "grey"],
    ],
  },
  {
    about: "a semicolon separates no query parameters",
    why: "as in WHATWG's URL",
    provider: byQuery({ name: "q", match: { exact: "1" } }),
    asks: [
      ["GET /?x=2;q=1", "grey"],
      ["GET /?q=1;x=2", "grey"],
    ],
  },
  {
    about: "a path with a question mark in a route fits nothing",
    why: "prefixes and paths are compared with what stands before the query",
    provider: {
      routes: [
        route("prefix", { prefix: "/find?all" }, "red"),
        route("exact", { path: { exact: "/find?all=1" } }, "blue"),
        REST,
      ],
    },
    asks: [["GET /find?all=1", "grey"]],
  },
  {
    about: "a name that no request can have takes no other route with it",
    why: "Envoy would refuse all routes of the port, so the route is left out",
    provider: {
      routes: [
        route("header", { prefix: "/", headers: [{ name: "two\nlines", invert: true }] }, "red", 1),
        route("parameter", { prefix: "/", queryParameters: [{ name: "" }] }, "blue", 2),
        REST,
      ],
    },
    asks: [
      ["GET /", "grey"],
      ["GET /?=x", "grey"],
    ],
  },
  {
    about: "nor does a host that none can have",
    why: "Envoy would refuse all routes of the port, so the service is left out",
    service: "two\nlines",
    provider: { routes: [REST] },
    hosts: "as written",
    asks: [["GET /\nhost: two", 404]],
  },
  {
    about: "letters of a path are decoded, slashes are not",
    why: "a path is brought to its normal form, in which an escaped slash is none",
    provider: {
      routes: [
        route("ab", { path: { exact: "/a/b" } }, "red"),
        route("escaped", { path: { exact: "/a%2fb" } }, "blue"),
        route("tilde", { path: { exact: "/~me" } }, "green"),
      ],
    },
    asks: [
      ["GET /%61/b", "red"],
      ["GET /a/%62", "red"],
      ["GET /a%2fb", "blue"],
      ["GET /a%2Fb", 404],
      ["GET /%7Eme", "green"],
      ["GET /x/%2e%2e/a/b", "red"],
      ["GET /a\\b", "red"],
    ],
  },
  {
    about: "a path with a fragment is no path",
    why: "a client never sends one; Envoy refuses it",
    provider: { routes: [route("a", { prefix: "/" }, "red")] },
    asks: [
      ["GET /a#b", 400],
      ["GET /?q#b", 400],
    ],
  },
  {
    about: "a star, and a tunnel, have no path",
    why: "no route of App Mesh is for them",
    provider: { routes: [route("connect", { prefix: "/", method: "CONNECT" }, "red"), REST] },
    asks: [
      ["OPTIONS *", 404],
      ["CONNECT example.com:443", 404],
    ],
  },
  {
    about: "methods that Envoy does not know are refused",
    why: "its parser has a list; small letters are another method",
    provider: { routes: [route("get", { prefix: "/", method: "GET" }, "red"), REST] },
    asks: [
      ["get /", 400],
      ["BREW /", 400],
      ["LIST /", 400],
    ],
  },
  {
    about: "an upgrade to something else than a WebSocket is refused, where it is no offer that servers pass over",
    why: "before it looks at routes; HTTP and TLS are such offers",
    provider: { routes: [route("upgrade", { prefix: "/", headers: [{ name: "upgrade" }] }, "red"), REST] },
    asks: [
      ["GET /\nconnection: upgrade\nupgrade: spdy/3.1", 403],
      ["GET /\nconnection: upgrade\nupgrade: TLS/1.2, spdy/3.1", 403],
      ["GET /\nconnection: upgrade\nupgrade: TLS/1.2", "grey"],
      ["GET /\nconnection: keep-alive, Upgrade\nupgrade: tls/1.3, HTTP/2.0", "grey"],
      ["GET /\nconnection: upgrade\nupgrade: h2c", "grey"],
      ["GET /\nupgrade: spdy/3.1", "grey"],
    ],
  },
  {
    about: "QUERY says of which type its question is",
    why: "Envoy demands that of this method alone",
    provider: { routes: [REST] },
    asks: [
      ["QUERY /\ncontent-type: text/plain", "grey"],
      ["QUERY /", 400],
    ],
  },
  {
    about: "a client may say that it came by https",
    why: "the scheme is that of X-Forwarded-Proto, or of a whole URL",
    provider: {
      routes: [
        route("http", { prefix: "/", scheme: "http" }, "red"),
        route("https", { prefix: "/", scheme: "https" }, "blue"),
      ],
    },
    asks: [
      ["GET /\nx-forwarded-proto: https", "blue"],
      ["GET /\nx-forwarded-proto: http", "red"],
      ["GET /\nx-forwarded-proto: other", "red"],
    ],
  },
  {
    about: "some headers are always there",
    why: "Envoy adds them before it looks at routes",
    provider: byHeaders({ name: "x-request-id" }, { name: "x-forwarded-proto", match: { exact: "http" } }),
    asks: [
      ["GET /", "red"],
      ["GET /\nx-forwarded-proto: https", "grey"],
    ],
  },
  {
    about: "a client's x-envoy headers are taken away",
    why: "they would change time-outs and retries",
    provider: {
      routes: [
        route("timeout", { prefix: "/", headers: [{ name: "x-envoy-upstream-rq-timeout-ms" }] }, "red"),
        route("retry", { prefix: "/", headers: [{ name: "x-envoy-retry-on" }] }, "red"),
        REST,
      ],
    },
    asks: [
      ["GET /\nx-envoy-upstream-rq-timeout-ms: 1", "grey"],
      ["GET /\nx-envoy-retry-on: 5xx", "grey"],
    ],
  },
  {
    about: "whatever follows a colon in Host is a port",
    why: "it is cut off unread",
    service: "colon.shop.svc.cluster.local",
    provider: { routes: [route("a", { prefix: "/" }, "red")] },
    hosts: "as written",
    asks: [
      ["GET /\nhost: colon.shop.svc.cluster.local:", "red"],
      ["GET /\nhost: colon.shop.svc.cluster.local:http", "red"],
    ],
  },
  {
    about: "a regular expression sees bytes, of which a letter beyond ASCII has several",
    why: "Envoy reads expression and value as Latin-1, so a dot is one byte",
    provider: {
      routes: [
        route("one", { prefix: "/1", headers: [{ name: "name", match: { regex: "caf." } }] }, "red"),
        route("two", { prefix: "/2", headers: [{ name: "name", match: { regex: "caf.." } }] }, "red"),
        route("letter", { prefix: "/3", headers: [{ name: "name", match: { regex: "caf\u00e9+" } }] }, "red"),
        REST,
      ],
    },
    asks: [
      ["GET /1\nname: caf\xc3\xa9", "grey"],
      ["GET /1\nname: caf\xe9", "red"],
      ["GET /2\nname: caf\xc3\xa9", "red"],
      ["GET /3\nname: caf\xc3\xa9", "red"],
      ["GET /3\nname: caf\xc3\xa9\xa9", "red"],
      ["GET /3\nname: caf\xe9", "grey"],
    ],
  },
];
