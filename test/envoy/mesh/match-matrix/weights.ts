import { type Behaviour, route, type Target } from "./behaviour.ts";

/* Targets that have no weight, or are not there. Requests of one kind are asked often enough that a share of some would be seen. */

const ALL = { prefix: "/" };
const split = (...targets: readonly Target[]) => ({ routes: [route("split", ALL, targets)] });

export const WEIGHTS: readonly Behaviour[] = [
  {
    about: "a single target takes everything, whatever its weight",
    provider: {
      routes: [
        route("one", { prefix: "/1" }, [{ node: "red", weight: 1 }]),
        route("hundred", { prefix: "/100" }, [{ node: "blue", weight: 100 }]),
      ],
    },
    asks: [
      ["GET /1", "red"],
      ["GET /100", "blue"],
    ],
  },
  {
    about: "a target of weight 0 gets nothing: the first",
    provider: split({ node: "blue", weight: 0 }, { node: "red", weight: 100 }),
    asks: repeated("GET /", "red"),
  },
  {
    about: "a target of weight 0 gets nothing: the last",
    provider: split({ node: "red", weight: 1 }, { node: "blue", weight: 0 }, { node: "green", weight: 0 }),
    asks: repeated("GET /", "red"),
  },
  {
    about: "where all weights are 0 nobody answers",
    provider: split({ node: "red", weight: 0 }, { node: "blue", weight: 0 }),
    asks: [
      ["GET /", 503],
      ["POST /x", 503],
    ],
  },
  {
    about: "and no later route takes it",
    provider: {
      routes: [
        route("none", { path: { exact: "/x" } }, [{ node: "red", weight: 0 }]),
        route("rest", { prefix: "/" }, "blue"),
      ],
    },
    asks: [
      ["GET /x", 503],
      ["GET /y", "blue"],
    ],
  },
  {
    about: "a node that is not there answers nothing",
    provider: split({ node: "gone", weight: 1 }),
    asks: [["GET /", 503]],
  },
  {
    about: "a node that is not there and has no weight is no harm",
    provider: split({ node: "gone", weight: 0 }, { node: "red", weight: 1 }),
    asks: repeated("GET /", "red"),
  },
  {
    about: "one node twice",
    provider: split({ node: "red", weight: 50 }, { node: "red", weight: 50 }),
    asks: repeated("GET /", "red"),
  },
  {
    about: "weights of more than 100 together",
    provider: split({ node: "red", weight: 100 }, { node: "red", weight: 100 }, { node: "blue", weight: 0 }),
    asks: repeated("GET /", "red"),
  },
  {
    about: "the target's port chooses its listener, whatever port was called",
    provider: {
      routes: [
        route("first", { prefix: "/first" }, [{ node: "two", weight: 1, port: 8080 }]),
        route("second", { prefix: "/second" }, [{ node: "two", weight: 1, port: 9090 }]),
        route("neither", { prefix: "/neither" }, [{ node: "two", weight: 1 }]),
        route("other", { prefix: "/other" }, [{ node: "two", weight: 1, port: 7070 }]),
      ],
    },
    asks: [
      ["GET /first", "two:8080"],
      ["GET /second", "two:9090"],
      ["GET /neither", 503],
      ["GET /other", 503],
    ],
  },
];

/** Ten times: of a share of a half, one in a thousand such tables would show nothing. */
function repeated(request: string, answer: Behaviour["asks"][number][1]): Behaviour["asks"] {
  return Array.from({ length: 10 }, (_, index) => [`${request}?${index}`, answer] as const);
}
