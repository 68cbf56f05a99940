import { type Behaviour, byHeaders, REST, route } from "./behaviour.ts";

/* Headers that a route asks for. */

export const HEADERS: readonly Behaviour[] = [
  {
    about: "an exact value",
    provider: byHeaders({ name: "color", match: { exact: "red" } }),
    asks: [
      ["GET /\ncolor: red", "red"],
      ["GET /\ncolor:red", "red"],
      ["GET /\ncolor: \t red  ", "red"],
      ["GET /\nColor: red", "red"],
      ["GET /\nCOLOR: red", "red"],
      ["POST /x?y\ncolor: red", "red"],
      ["GET /\ncolor: Red", "grey"],
      ["GET /\ncolor: redder", "grey"],
      ["GET /\ncolor: infrared", "grey"],
      ["GET /\ncolor: red,blue", "grey"],
      ["GET /\ncolor: red; q=1", "grey"],
      ["GET /\ncolor:", "grey"],
      ["GET /\ncolour: red", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "the name of a header has no case in an object either",
    provider: byHeaders({ name: "X-Tenant", match: { exact: "One" } }),
    asks: [
      ["GET /\nx-tenant: One", "red"],
      ["GET /\nX-TENANT: One", "red"],
      ["GET /\nx-tenant: one", "grey"],
    ],
  },
  {
    about: "the beginning of a value",
    provider: byHeaders({ name: "version", match: { prefix: "v1" } }),
    asks: [
      ["GET /\nversion: v1", "red"],
      ["GET /\nversion: v1.2", "red"],
      ["GET /\nversion: v10", "red"],
      ["GET /\nversion: V1", "grey"],
      ["GET /\nversion: av1", "grey"],
      ["GET /\nversion: v", "grey"],
      ["GET /\nversion:", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "the end of a value",
    provider: byHeaders({ name: "version", match: { suffix: "-beta" } }),
    asks: [
      ["GET /\nversion: 2-beta", "red"],
      ["GET /\nversion: -beta", "red"],
      ["GET /\nversion: beta", "grey"],
      ["GET /\nversion: 2-beta2", "grey"],
      ["GET /\nversion: 2-Beta", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "a regular expression for the whole value",
    provider: byHeaders({ name: "version", match: { regex: "[a-c]+|x\\.y" } }),
    asks: [
      ["GET /\nversion: a", "red"],
      ["GET /\nversion: abc", "red"],
      ["GET /\nversion: x.y", "red"],
      ["GET /\nversion: abcd", "grey"],
      ["GET /\nversion: xzy", "grey"],
      ["GET /\nversion: ABC", "grey"],
      ["GET /\nversion: ax.y", "grey"],
      ["GET /\nversion:", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "a number of a range, whose end is not in it",
    provider: byHeaders({ name: "level", match: { range: { start: 10, end: 20 } } }),
    asks: [
      ["GET /\nlevel: 10", "red"],
      ["GET /\nlevel: 15", "red"],
      ["GET /\nlevel: 19", "red"],
      ["GET /\nlevel: 9", "grey"],
      ["GET /\nlevel: 20", "grey"],
      ["GET /\nlevel: 21", "grey"],
      ["GET /\nlevel: -15", "grey"],
      ["GET /\nlevel: 15.5", "grey"],
      ["GET /\nlevel: 15a", "grey"],
      ["GET /\nlevel: 1 5", "grey"],
      ["GET /\nlevel: 1e1", "grey"],
      ["GET /\nlevel: 0xf", "grey"],
      ["GET /\nlevel: fifteen", "grey"],
      ["GET /\nlevel: 99999999999999999999", "grey"],
      ["GET /\nlevel:", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "a range of negative numbers",
    provider: byHeaders({ name: "level", match: { range: { start: -5, end: 0 } } }),
    asks: [
      ["GET /\nlevel: -5", "red"],
      ["GET /\nlevel: -1", "red"],
      ["GET /\nlevel: 0", "grey"],
      ["GET /\nlevel: -6", "grey"],
    ],
  },
  {
    about: "a range whose end is its start has no number",
    provider: byHeaders({ name: "level", match: { range: { start: 5, end: 5 } } }),
    asks: [["GET /\nlevel: 5", "grey"]],
  },
  {
    about: "a range up to the largest number of 64 bits",
    provider: byHeaders({ name: "level", match: { range: { start: 1, end: Number(9_223_372_036_854_775_807n) } } }),
    asks: [
      ["GET /\nlevel: 1", "red"],
      ["GET /\nlevel: 4611686018427387904", "red"],
      ["GET /\nlevel: 0", "grey"],
    ],
  },
  {
    about: "a header that must be there, with any value",
    provider: byHeaders({ name: "debug" }),
    asks: [
      ["GET /\ndebug: 1", "red"],
      ["GET /\nDebug: no", "red"],
      ["GET /\ndebug:", "red"],
      ["GET /\ndebug: 1\ndebug: 2", "red"],
      ["GET /", "grey"],
      ["GET /?debug", "grey"],
    ],
  },
  {
    about: "a match without a kind asks that the header is there",
    provider: byHeaders({ name: "debug", match: {} }),
    asks: [
      ["GET /\ndebug: 1", "red"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "a header that must not be there",
    provider: byHeaders({ name: "debug", invert: true }),
    asks: [
      ["GET /", "red"],
      ["GET /\ndebugger: 1", "red"],
      ["GET /\ndebug: 1", "grey"],
      ["GET /\ndebug:", "grey"],
    ],
  },
  {
    about: "another value than this",
    provider: byHeaders({ name: "color", invert: true, match: { exact: "red" } }),
    asks: [
      ["GET /\ncolor: blue", "red"],
      ["GET /\ncolor: Red", "red"],
      ["GET /\ncolor:", "red"],
      ["GET /\ncolor: red", "grey"],
    ],
  },
  {
    about: "another beginning than this",
    provider: byHeaders({ name: "version", invert: true, match: { prefix: "v1" } }),
    asks: [
      ["GET /\nversion: v2", "red"],
      ["GET /\nversion: v", "red"],
      ["GET /\nversion: v1", "grey"],
      ["GET /\nversion: v1.2", "grey"],
    ],
  },
  {
    about: "another end than this",
    provider: byHeaders({ name: "version", invert: true, match: { suffix: "-beta" } }),
    asks: [
      ["GET /\nversion: 2", "red"],
      ["GET /\nversion: 2-beta", "grey"],
    ],
  },
  {
    about: "a value that a regular expression does not describe",
    provider: byHeaders({ name: "version", invert: true, match: { regex: "[a-c]+" } }),
    asks: [
      ["GET /\nversion: abcd", "red"],
      ["GET /\nversion:", "red"],
      ["GET /\nversion: abc", "grey"],
    ],
  },
  {
    about: "a value outside of a range",
    provider: byHeaders({ name: "level", invert: true, match: { range: { start: 10, end: 20 } } }),
    asks: [
      ["GET /\nlevel: 9", "red"],
      ["GET /\nlevel: 20", "red"],
      ["GET /\nlevel: much", "red"],
      ["GET /\nlevel: 10", "grey"],
      ["GET /\nlevel: 19", "grey"],
    ],
  },
  {
    about: "invert: false is as if it were not there",
    provider: byHeaders({ name: "color", invert: false, match: { exact: "red" } }),
    asks: [
      ["GET /\ncolor: red", "red"],
      ["GET /\ncolor: blue", "grey"],
    ],
  },
  {
    about: "several headers must all match",
    provider: byHeaders(
      { name: "a", match: { exact: "1" } },
      { name: "b" },
      { name: "c", invert: true, match: { prefix: "x" } },
      { name: "d", invert: true },
    ),
    asks: [
      ["GET /\na: 1\nb: 2\nc: y", "red"],
      ["GET /\nc: y\nb:\na: 1", "red"],
      ["GET /\na: 2\nb: 2\nc: y", "grey"],
      ["GET /\na: 1\nc: y", "grey"],
      ["GET /\na: 1\nb: 2\nc: xy", "grey"],
      ["GET /\na: 1\nb: 2\nc: y\nd: 1", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "one header may be asked for twice",
    provider: byHeaders({ name: "v", match: { prefix: "a" } }, { name: "v", match: { suffix: "z" } }),
    asks: [
      ["GET /\nv: a-z", "red"],
      ["GET /\nv: a", "grey"],
      ["GET /\nv: z", "grey"],
    ],
  },
  {
    about: "of two routes for one path the header decides",
    provider: {
      routes: [
        route("red", { prefix: "/", headers: [{ name: "color_header", match: { exact: "red" } }] }, "red"),
        route("blue", { prefix: "/", headers: [{ name: "color_header", match: { exact: "blue" } }] }, "blue"),
        route("green", { prefix: "/", headers: [{ name: "color_header", match: { regex: "green.*" } }] }, "green"),
        REST,
      ],
    },
    asks: [
      ["GET /\ncolor_header: red", "red"],
      ["GET /\ncolor_header: blue", "blue"],
      ["GET /\ncolor_header: green-ish", "green"],
      ["GET /\ncolor_header: pink", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "headers that every client sends",
    provider: {
      routes: [
        route("agent", { prefix: "/", headers: [{ name: "User-Agent", match: { regex: ".*Firefox.*" } }] }, "red"),
        route("type", { prefix: "/", headers: [{ name: "content-type", match: { prefix: "application/" } }] }, "blue"),
        route(
          "cookie",
          { prefix: "/", headers: [{ name: "Cookie", match: { regex: "(.*; )?user=me(;.*)?" } }] },
          "green",
        ),
        REST,
      ],
    },
    asks: [
      ["GET /\nuser-agent: Mozilla/5.0 Firefox/140", "red"],
      ["GET /\nuser-agent: curl/8", "grey"],
      ["POST /\ncontent-type: application/json", "blue"],
      ["POST /\ncontent-type: text/plain", "grey"],
      ["GET /\ncookie: user=me", "green"],
      ["GET /\ncookie: a=1; user=me; b=2", "green"],
      ["GET /\ncookie: a=1; user=you", "grey"],
    ],
  },
  {
    about: "the host, the method and the path are headers too",
    service: "names.shop.svc.cluster.local",
    provider: {
      routes: [
        route("host", { prefix: "/h", headers: [{ name: "host", match: { prefix: "names.shop" } }] }, "red"),
        route("authority", { prefix: "/a", headers: [{ name: ":authority", match: { suffix: ".local" } }] }, "red"),
        route("method", { prefix: "/m", headers: [{ name: ":method", match: { regex: "P.*" } }] }, "red"),
        route("path", { prefix: "/p", headers: [{ name: ":path", match: { suffix: "?x=1" } }] }, "red"),
        REST,
      ],
    },
    asks: [
      ["GET /h", "red"],
      ["GET /a", "red"],
      ["PUT /m", "red"],
      ["PATCH /m", "red"],
      ["GET /m", "grey"],
      ["GET /p?x=1", "red"],
      ["GET /p?x=2", "grey"],
    ],
  },
  {
    about: "letters beyond ASCII are the bytes of UTF-8",
    provider: byHeaders({ name: "name", match: { exact: "caf\u00e9" } }),
    asks: [
      ["GET /\nname: caf\xc3\xa9", "red"],
      ["GET /\nname: caf\xe9", "grey"],
    ],
  },
];
