import { type Behaviour, byQuery, REST, route } from "./behaviour.ts";

/* Query parameters that a route asks for. */

export const QUERIES: readonly Behaviour[] = [
  {
    about: "an exact value of a query parameter",
    provider: byQuery({ name: "q", match: { exact: "1" } }),
    asks: [
      ["GET /?q=1", "red"],
      ["GET /x/y?q=1", "red"],
      ["GET /?x=0&q=1", "red"],
      ["GET /?q=1&x=0", "red"],
      ["GET /?&q=1", "red"],
      ["GET /?q=2", "grey"],
      ["GET /?q=11", "grey"],
      ["GET /?Q=1", "grey"],
      ["GET /?qq=1", "grey"],
      ["GET /?q==1", "grey"],
      ["GET /??q=1", "grey"],
      ["GET /?q=", "grey"],
      ["GET /?q", "grey"],
      ["GET /?x=q=1", "grey"],
      ["GET /q=1", "grey"],
      ["GET /\nq: 1", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "a query parameter that must be there, with any value or none",
    provider: byQuery({ name: "r" }),
    asks: [
      ["GET /?r", "red"],
      ["GET /?r=", "red"],
      ["GET /?r=5", "red"],
      ["GET /?a=1&r", "red"],
      ["GET /?r=1&r=2", "red"],
      ["GET /?x=r", "grey"],
      ["GET /?rr", "grey"],
      ["GET /?", "grey"],
      ["GET /r", "grey"],
    ],
  },
  {
    about: "a match without a kind asks that the query parameter is there",
    provider: byQuery({ name: "r", match: {} }),
    asks: [
      ["GET /?r", "red"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "an exact value that is empty",
    provider: byQuery({ name: "q", match: { exact: "" } }),
    asks: [
      ["GET /?q=", "red"],
      ["GET /?q", "red"],
      ["GET /?q=1", "grey"],
      ["GET /", "grey"],
    ],
  },
  {
    about: "several query parameters must all match",
    provider: byQuery({ name: "a", match: { exact: "1" } }, { name: "b" }),
    asks: [
      ["GET /?a=1&b", "red"],
      ["GET /?b=x&a=1", "red"],
      ["GET /?a=1", "grey"],
      ["GET /?b", "grey"],
      ["GET /?a=2&b", "grey"],
    ],
  },
  {
    about: "a path, a query parameter and a header together",
    provider: {
      routes: [
        route(
          "all",
          {
            path: { exact: "/find" },
            queryParameters: [{ name: "q" }],
            headers: [{ name: "x", match: { exact: "1" } }],
            method: "GET",
          },
          "red",
        ),
        REST,
      ],
    },
    asks: [
      ["GET /find?q=a\nx: 1", "red"],
      ["GET /find?q=a", "grey"],
      ["GET /find\nx: 1", "grey"],
      ["GET /found?q=a\nx: 1", "grey"],
      ["POST /find?q=a\nx: 1", "grey"],
    ],
  },
];
