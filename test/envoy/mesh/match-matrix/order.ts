import { type Behaviour, route } from "./behaviour.ts";

/* Which of several routes takes a request that fits them all. */

const header = (name: string) => ({ name });

export const ORDER: readonly Behaviour[] = [
  {
    about: "the smaller priority comes first, whatever is longer",
    provider: {
      routes: [
        route("exact", { path: { exact: "/x" } }, "blue", 10),
        route("prefix", { prefix: "/" }, "red", 5),
        route("longer", { prefix: "/x" }, "green", 7),
      ],
    },
    asks: [
      ["GET /x", "red"],
      ["GET /y", "red"],
    ],
  },
  {
    about: "priority 0 comes before 1",
    provider: {
      routes: [route("exact", { path: { exact: "/x" } }, "blue", 1), route("prefix", { prefix: "/" }, "red", 0)],
    },
    asks: [["GET /x", "red"]],
  },
  {
    about: "priority 1000 comes before none",
    provider: {
      routes: [route("exact", { path: { exact: "/x" } }, "blue"), route("prefix", { prefix: "/" }, "red", 1000)],
    },
    asks: [["GET /x", "red"]],
  },
  {
    about: "priority 9 comes before 10: they are numbers",
    provider: {
      routes: [route("ten", { prefix: "/" }, "blue", 10), route("nine", { prefix: "/" }, "red", 9)],
    },
    asks: [["GET /", "red"]],
  },
  {
    about: "a route that does not fit leaves the request to the next",
    provider: {
      routes: [
        route("first", { prefix: "/", headers: [{ name: "a", match: { exact: "1" } }] }, "red", 1),
        route("second", { prefix: "/", method: "POST" }, "blue", 2),
        route("third", { prefix: "/x" }, "green", 3),
        route("fourth", { prefix: "/" }, "grey", 4),
      ],
    },
    asks: [
      ["POST /x\na: 1", "red"],
      ["POST /x", "blue"],
      ["GET /x", "green"],
      ["GET /y", "grey"],
    ],
  },
  {
    about: "of equal priority: an exact path, a regular expression, a prefix",
    provider: {
      routes: [
        route("a-prefix", { prefix: "/x" }, "green", 1),
        route("b-regex", { path: { regex: "/x.*" } }, "blue", 1),
        route("c-exact", { path: { exact: "/x" } }, "red", 1),
      ],
    },
    asks: [
      ["GET /x", "red"],
      ["GET /xy", "blue"],
      ["GET /x/long/path", "blue"],
    ],
  },
  {
    about: "without priorities the same",
    provider: {
      routes: [
        route("a-prefix", { prefix: "/x/long/path" }, "green"),
        route("b-regex", { path: { regex: "/x.*" } }, "blue"),
        route("c-exact", { path: { exact: "/x" } }, "red"),
        route("d-rest", { prefix: "/" }, "grey"),
      ],
    },
    asks: [
      ["GET /x", "red"],
      ["GET /xy", "blue"],
      ["GET /x/long/path", "blue"],
      ["GET /y", "grey"],
    ],
  },
  {
    about: "the longest prefix, whatever else is asked for",
    provider: {
      routes: [
        route("a", { prefix: "/a", headers: [header("x"), header("y")], method: "GET" }, "red"),
        route("b", { prefix: "/ab" }, "blue"),
        route("c", { prefix: "/abc", headers: [header("x")] }, "green"),
      ],
    },
    asks: [
      ["GET /abc\nx: 1\ny: 1", "green"],
      ["GET /abc\ny: 1", "blue"],
      ["GET /ab\nx: 1\ny: 1", "blue"],
      ["GET /a\nx: 1\ny: 1", "red"],
      ["GET /a", 404],
    ],
  },
  {
    about: "of equal prefixes the one that asks for more",
    provider: {
      routes: [
        route("a-none", { prefix: "/x" }, "grey"),
        route("b-one", { prefix: "/x", headers: [header("h")] }, "green"),
        route("c-two", { prefix: "/x", headers: [header("h")], queryParameters: [{ name: "q" }] }, "blue"),
        route(
          "d-three",
          { prefix: "/x", headers: [header("h")], queryParameters: [{ name: "q" }], method: "POST" },
          "red",
        ),
      ],
    },
    asks: [
      ["POST /x?q\nh: 1", "red"],
      ["GET /x?q\nh: 1", "blue"],
      ["GET /x\nh: 1", "green"],
      ["GET /x", "grey"],
    ],
  },
  {
    about: "method and scheme count as one each",
    provider: {
      routes: [
        route("a", { prefix: "/", method: "GET" }, "blue"),
        route("b", { prefix: "/", method: "GET", scheme: "http" }, "red"),
      ],
    },
    asks: [["GET /", "red"]],
  },
  {
    about: "of equal exact paths the one that asks for more",
    provider: {
      routes: [
        route("a", { path: { exact: "/x" } }, "blue"),
        route("b", { path: { exact: "/x" }, headers: [header("h")] }, "red"),
      ],
    },
    asks: [
      ["GET /x\nh: 1", "red"],
      ["GET /x", "blue"],
    ],
  },
  {
    about: "of regular expressions the one that asks for more, not the longer",
    provider: {
      routes: [
        route("a", { path: { regex: "/x[a-z][a-z][a-z]" } }, "blue"),
        route("b", { path: { regex: "/x.*" }, headers: [header("h")] }, "red"),
      ],
    },
    asks: [
      ["GET /xabc\nh: 1", "red"],
      ["GET /xabc", "blue"],
    ],
  },
  {
    about: "of equal routes the first by name, not by place",
    provider: {
      routes: [
        route("charlie", { prefix: "/" }, "green"),
        route("alpha", { prefix: "/" }, "red"),
        route("bravo", { prefix: "/" }, "blue"),
      ],
    },
    asks: [["GET /", "red"]],
  },
  {
    about: "names are compared letter by letter: capitals first, 10 before 9",
    provider: {
      routes: [
        route("route-9", { prefix: "/n" }, "blue"),
        route("route-10", { prefix: "/n" }, "red"),
        route("alpha", { prefix: "/c" }, "blue"),
        route("Zulu", { prefix: "/c" }, "red"),
      ],
    },
    asks: [
      ["GET /n", "red"],
      ["GET /c", "red"],
    ],
  },
];
