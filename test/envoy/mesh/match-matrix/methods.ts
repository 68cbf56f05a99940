import { type Behaviour, REST, route } from "./behaviour.ts";

/* Method and scheme. */

export const METHODS: readonly Behaviour[] = [
  {
    about: "one method",
    provider: {
      routes: [
        route("get", { prefix: "/", method: "GET" }, "red"),
        route("post", { prefix: "/", method: "POST" }, "blue"),
        route("delete", { prefix: "/", method: "DELETE" }, "green"),
        REST,
      ],
    },
    asks: [
      ["GET /", "red"],
      ["GET /x?y", "red"],
      ["POST /", "blue"],
      ["DELETE /x", "green"],
      ["PUT /", "grey"],
      ["PATCH /", "grey"],
      ["OPTIONS /", "grey"],
      ["TRACE /", "grey"],
      ["PROPFIND /", "grey"],
      ["HEAD /", "grey"],
    ],
  },
  {
    about: "each of the other methods",
    provider: {
      routes: [
        route("put", { prefix: "/", method: "PUT" }, "red"),
        route("patch", { prefix: "/", method: "PATCH" }, "blue"),
        route("options", { prefix: "/", method: "OPTIONS" }, "green"),
        route("head", { prefix: "/head", method: "HEAD" }, "red"),
        route("trace", { prefix: "/", method: "TRACE" }, "blue"),
        REST,
      ],
    },
    asks: [
      ["PUT /", "red"],
      ["PATCH /", "blue"],
      ["OPTIONS /", "green"],
      ["HEAD /head", "red"],
      ["TRACE /", "blue"],
      ["GET /head", "grey"],
    ],
  },
  {
    about: "a method and no route for others",
    provider: { routes: [route("get", { prefix: "/", method: "GET" }, "red")] },
    asks: [
      ["GET /", "red"],
      ["POST /", 404],
      ["HEAD /", 404],
    ],
  },
  {
    about: "the scheme of plain text is http",
    provider: {
      routes: [
        route("http", { prefix: "/", scheme: "http" }, "red"),
        route("https", { prefix: "/", scheme: "https" }, "blue"),
      ],
    },
    asks: [
      ["GET /", "red"],
      ["POST /", "red"],
    ],
  },
  {
    about: "a route for https takes nothing of plain text",
    provider: { routes: [route("https", { prefix: "/", scheme: "https" }, "red"), REST] },
    asks: [["GET /", "grey"]],
  },
];
