import { type Ask, type Behaviour, route } from "./behaviour.ts";

/* Which service a request is for: its host name, and the port that it came to. */

const to = (node: "red" | "blue" | "green" | "grey") => ({ routes: [route("all", { prefix: "/" }, node)] });

/** A host name that is written in several ways, each to be answered the same. */
function forms(answer: Ask[1], ...hosts: readonly string[]): readonly Ask[] {
  return hosts.map((host): Ask => [`GET /\nhost: ${host}`, answer]);
}

export const HOSTS: readonly Behaviour[] = [
  {
    about: "a name in any case, with or without a port and a dot at its end",
    service: "Forms.shop.svc.cluster.local",
    provider: to("red"),
    hosts: "as written",
    asks: [
      ...forms(
        "red",
        "forms.shop.svc.cluster.local",
        "Forms.shop.svc.cluster.local",
        "FORMS.SHOP.SVC.CLUSTER.LOCAL",
        "forms.shop.svc.cluster.local:8080",
        "forms.shop.svc.cluster.local:80",
        "forms.shop.svc.cluster.local:12345",
        "forms.shop.svc.cluster.local.",
        "forms.shop.svc.cluster.local.:8080",
        "FORMS.shop.svc.cluster.local.:1",
      ),
      ["GET / HTTP/1.0\nhost: forms.shop.svc.cluster.local", "red"],
    ],
  },
  {
    about: "other names are not answered",
    service: "only.shop.svc.cluster.local",
    provider: to("red"),
    hosts: "as written",
    asks: [
      ...forms(
        404,
        "only.shop.svc.cluster",
        "only.shop.svc",
        "only.shop",
        "only",
        "xonly.shop.svc.cluster.local",
        "x.only.shop.svc.cluster.local",
        "only.shop.svc.cluster.local.x",
        "only.shop.svc.cluster.local..",
        ".only.shop.svc.cluster.local",
        "10.97.0.20",
        "10.97.0.20:8080",
        "[fd00::1]",
        "[fd00::1]:8080",
        "example.com",
        "localhost",
        "me@only.shop.svc.cluster.local",
        "",
      ),
      ["GET / HTTP/1.0", 404],
    ],
  },
  {
    about: "a request of HTTP/1.1 names its host",
    service: "once.shop.svc.cluster.local",
    provider: to("red"),
    hosts: "as written",
    asks: [["GET /", 400]],
  },
  {
    about: "a whole URL in the first line counts before Host",
    service: "absolute.shop.svc.cluster.local",
    provider: to("red"),
    hosts: "as written",
    asks: [
      ["GET http://absolute.shop.svc.cluster.local/x\nhost: other.example", "red"],
      ["GET http://absolute.shop.svc.cluster.local:8080/x?y=1\nhost: other.example", "red"],
      ["GET http://absolute.shop.svc.cluster.local\nhost: absolute.shop.svc.cluster.local", "red"],
      ["GET http://other.example/x\nhost: absolute.shop.svc.cluster.local", 404],
    ],
  },
  {
    about: "a short name is a name of its own",
    service: "short",
    provider: to("green"),
    hosts: "as written",
    asks: [
      ...forms("green", "short", "SHORT", "short:8080", "short."),
      ...forms(404, "short.shop", "short.shop.svc.cluster.local"),
    ],
  },
  {
    about: "the standard name of a service: its own and its namespace's",
    service: "standard.shop",
    provider: to("blue"),
    hosts: "as written",
    asks: [...forms("blue", "standard.shop", "standard.shop:8080"), ...forms(404, "standard.shop.svc.cluster.local")],
  },
  {
    about: "a name that ends with a dot in the object",
    service: "dotted.shop.svc.cluster.local.",
    provider: to("blue"),
    hosts: "as written",
    asks: forms("blue", "dotted.shop.svc.cluster.local", "dotted.shop.svc.cluster.local."),
  },
  {
    about: "an address as a name",
    service: "10.97.0.99",
    provider: to("red"),
    hosts: "as written",
    asks: forms("red", "10.97.0.99", "10.97.0.99:8080"),
  },
  {
    about: "of two names that differ in case alone the first by name counts",
    service: "Twin.shop.svc.cluster.local",
    provider: to("red"),
    hosts: "as written",
    asks: forms("red", "twin.shop.svc.cluster.local", "Twin.shop.svc.cluster.local"),
  },
  {
    about: "and the second takes nothing",
    service: "twin.shop.svc.cluster.local",
    provider: to("blue"),
    hosts: "as written",
    asks: forms("red", "twin.shop.svc.cluster.local."),
  },
  {
    about: "a service without a provider is there, and has no answer",
    service: "nothing.shop.svc.cluster.local",
    hosts: "as written",
    asks: forms(404, "nothing.shop.svc.cluster.local", "nothing.shop.svc.cluster.local:8080"),
  },
  {
    about: "a node as provider takes every path on each of its ports",
    service: "node.shop.svc.cluster.local",
    provider: { node: "two" },
    asks: [
      ["GET /", "two:8080"],
      ["POST /any/path?q", "two:8080"],
      ["GET /\nhost: node.shop.svc.cluster.local:9090", "two:8080"],
    ],
    asksOnPort: { 9090: [["GET /", "two:9090"]] },
  },
  {
    about: "the port that was called decides, not the one in Host",
    provider: {
      ports: [8080, 9090],
      routes: [
        route("on-8080", { prefix: "/", port: 8080 }, "red"),
        route("on-9090", { prefix: "/", port: 9090 }, "blue"),
        route("on-both", { path: { exact: "/both" } }, "green"),
      ],
    },
    asks: [
      ["GET /", "red"],
      ["GET /both", "green"],
    ],
    asksOnPort: {
      9090: [
        ["GET /", "blue"],
        ["GET /both", "green"],
      ],
    },
  },
  {
    about: "a port that a service does not have",
    service: "second-port.shop.svc.cluster.local",
    provider: { ports: [9090], routes: [route("all", { prefix: "/" }, "red")] },
    asks: [["GET /", 404]],
    asksOnPort: { 9090: [["GET /", "red"]] },
  },
  {
    about: "a name with a star for its beginning",
    service: "*.wild.example",
    provider: to("red"),
    hosts: "as written",
    asks: [
      ...forms("red", "a.wild.example", "a.b.wild.example", "A.Wild.Example:8080", "a.wild.example."),
      ...forms(404, "wild.example", "awild.example", "a.wild.example.org"),
    ],
  },
  {
    about: "a whole name counts before one with a star",
    service: "exact.wild.example",
    provider: to("blue"),
    hosts: "as written",
    asks: forms("blue", "exact.wild.example"),
  },
  {
    about: "where the filter lets it, what is no service of the mesh leaves it",
    filter: "ALLOW_ALL",
    service: "inside.shop.svc.cluster.local",
    provider: { routes: [route("a", { prefix: "/a" }, "red")] },
    hosts: "as written",
    asks: [
      ...forms("outside", "example.com", "EXAMPLE.com:8080", "inside.shop", "10.97.0.20", "[fd00::1]:8080"),
      ["GET /b\nhost: inside.shop.svc.cluster.local", 404],
      ["GET /a\nhost: inside.shop.svc.cluster.local", "red"],
      ["GET / HTTP/1.0", "outside"],
      ["GET /\nhost: ", "outside"],
    ],
  },
  {
    about: "and a service without a provider does not",
    filter: "ALLOW_ALL",
    service: "nothing-inside.shop.svc.cluster.local",
    hosts: "as written",
    asks: forms(404, "nothing-inside.shop.svc.cluster.local"),
  },
];
