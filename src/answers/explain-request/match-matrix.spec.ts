import { describe, expect, test } from "vitest";
import type { Answer, Behaviour } from "../../../test/envoy/mesh/match-matrix/behaviour.ts";
import { CALLER, manifestOf, type Placed, placed } from "../../../test/envoy/mesh/match-matrix/manifest.ts";
import { TABLE } from "../../../test/envoy/mesh/match-matrix/table.ts";
import { viewsOf } from "../../../test/translated-manifest.ts";
import { allowAllCluster, egressCluster, routesOf } from "../../xds/translate/names.ts";
import { chosenRoute, outcomeOf } from "./chosen-route.ts";
import { envoyConfig } from "./envoy-config.ts";
import { received, SIDECAR } from "./envoy-request.ts";
import type { HttpSent } from "./sent-request.ts";

/* The table that is held against a real Envoy (test/envoy/mesh/match-matrix.spec.ts): what is explained is what is written there. */

const ALL = placed(Object.values(TABLE).flat());
const CONFIGS = new Map(
  viewsOf(manifestOf(ALL))
    .filter(({ object }) => object.name === CALLER)
    .map((view) => [view.mesh.name, envoyConfig(view, "cluster.local")]),
);

describe.each(Object.entries(TABLE))("%s", (_, behaviours) => {
  describe.each(behaviours.filter((behaviour) => casesOf(behaviour).length > 0))("$about", (behaviour) => {
    const place = ALL.find((each) => each.behaviour === behaviour) as Placed;
    test.each(casesOf(behaviour))("$name: $answer", ({ port, request, answer }) => {
      const sent = sentBy(request, port, place);
      expect(sent === undefined ? 400 : answerTo(sent, place.namespace)).toBe(answer);
    });
  });
});

interface Case {
  readonly name: string;
  readonly port: number;
  readonly request: string;
  readonly answer: Answer;
}

/** Without what no URL and no -H can say: HTTP/1.0, a fragment, a request for no path. */
function casesOf({ asks, asksOnPort = {} }: Behaviour): readonly Case[] {
  return [[8080, asks] as const, ...Object.entries(asksOnPort)].flatMap(([port, list]) =>
    list
      .filter(([request]) => !/HTTP\/1\.0|^GET \/\S*#|^OPTIONS \*|^CONNECT /.test(request))
      .map(([request, answer]) => ({ name: request.replaceAll("\n", " | "), port: Number(port), request, answer })),
  );
}

/** The lines of a request; undefined: it names no host, which the codec refuses. */
function sentBy(request: string, port: number, { behaviour, service }: Placed): HttpSent | undefined {
  const [first = "", ...lines] = request.split("\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    return { name: line.slice(0, colon).toLowerCase(), value };
  });
  const hosts = headers.filter(({ name }) => name === "host").map(({ value }) => value);
  const url = /^http:\/\/([^/]*)(.*)$/.exec(target);
  const isNamed = behaviour.hosts === "as written" || hosts.length > 0;
  if (url === null && isNamed && hosts.length === 0) return undefined;
  const authority = url?.[1] ?? (isNamed ? hosts.join(",") : service);
  const path = url === null ? target : url[2] || "/";
  const own = headers.filter(({ name }) => name !== "host");
  return { kind: "http", scheme: "http", host: service, port, method, authority, path, headers: own };
}

function answerTo(sent: HttpSent, mesh: string): Answer | undefined {
  const at = received(sent, SIDECAR);
  if (at.kind === "refused") return at.status as Answer;
  const routes = CONFIGS.get(mesh)?.routes.get(routesOf("egress", sent.port));
  const chosen = routes && chosenRoute(routes, at.request);
  if (chosen?.route === undefined) return 404;
  const outcome = outcomeOf(chosen.route);
  if (outcome.kind === "status") return outcome.status as Answer;
  const who = outcome.clusters.map(({ name }) => nodeOf(name, mesh));
  expect(who).toHaveLength(1);
  return who[0];
}

function nodeOf(cluster: string, mesh: string): Answer {
  if (cluster === allowAllCluster(mesh)) return "outside";
  for (const name of ["red", "blue", "green", "grey"] as const) {
    if (cluster === egressCluster({ mesh, node: `${name}_${mesh}`, protocol: "http", port: 8080 })) return name;
  }
  for (const port of [8080, 9090] as const) {
    if (cluster === egressCluster({ mesh, node: `two_${mesh}`, protocol: "http", port })) return `two:${port}`;
  }
  return 503;
}
