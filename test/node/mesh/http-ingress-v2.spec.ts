import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { CORPUS_NOTE, HAS_CORPUS, walkthroughObjects } from "../../corpus.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { type Answer, type Call, calls } from "./calls.ts";
import { clusterCounters } from "./envoy-statistics.ts";
import { APP_IMAGE, gone, started } from "./walkthrough.ts";

const NAMESPACE = "howto-k8s-http-ingress-v2";
const FOLDER = "http-ingress-v2/v1beta2";
const ROUTES = ["header", "method", "path", "prefix", "query"].map((name) => `${name}-match`);
const REWRITES = ["rewrite-path", "rewrite-prefix"];
const VALUES = {
  APP: "colorapp",
  APP_NAMESPACE: NAMESPACE,
  MESH_NAME: NAMESPACE,
  AWS_ACCOUNT_ID: "123456789012",
  AWS_DEFAULT_REGION: "us-west-2",
};

/** The walkthrough with all of its gateway routes at once; the image of its gateway is the one of AWS that stands there. */
const MANIFEST = HAS_CORPUS ? [...objectsOf("manifest"), ...gatewayRoutes()] : [];

function objectsOf(file: string): readonly JsonObject[] {
  return walkthroughObjects(`${FOLDER}/${file}.yaml.template`, VALUES).map((object) => {
    const text = JSON.stringify(object).replace(/"123456789012\.dkr\.ecr\.[^"]*\/colorapp"/, `"${APP_IMAGE}"`);
    return JSON.parse(text) as JsonObject;
  });
}

function gatewayRoutes(): readonly JsonObject[] {
  return [...ROUTES, ...REWRITES].flatMap((name) => objectsOf(`gatewayroutes/${name}`));
}

/** Beside them a host with a route of its own, and two routes of which the priority decides. */
const MORE: readonly JsonObject[] = [
  gatewayRoute("host", { match: { hostname: { exact: "green.example.com" }, prefix: "/only" } }, "color-green"),
  gatewayRoute("suffix", { match: { hostname: { suffix: "-yellow.example.com" } } }, "color-yellow"),
  gatewayRoute("late", { match: { prefix: "/priority/of/late" } }, "color-white", 5),
  gatewayRoute("early", { match: { prefix: "/priority" } }, "color-green", 2),
  gatewayRoute("nowhere", { match: { prefix: "/nowhere" } }, "color-of-nobody"),
];

function gatewayRoute(name: string, route: JsonObject, service: string, priority?: number): JsonObject {
  const action = { target: { virtualService: { virtualServiceRef: { name: service } } } };
  return {
    apiVersion: "appmesh.k8s.aws/v1beta2",
    kind: "GatewayRoute",
    metadata: { name, namespace: NAMESPACE },
    spec: { ...(priority !== undefined && { priority }), httpRoute: { ...route, action } },
  };
}

/** Path, headers, and the color that answers, or the status. */
type Row = readonly [path: string, headers: Call["headers"], answer: string | number];

/** What the README of the walkthrough calls, and what no route takes. */
const SEVEN: readonly Row[] = [
  ["/paths/red", {}, "red"],
  ["/paths/blue", {}, "blue"],
  ["/paths/yellow", {}, 404],
  ["/paths/green", {}, "green"],
  ["/paths/green/", {}, 404],
  ["/", { color_header: "yellow" }, "yellow"],
  ["/", { color_header: "red" }, "white"],
  ["/anything", {}, "white"],
  ["/query?color_type=white", {}, "white"],
  ["/rewrite/path/blue", {}, "blue"],
  ["/test/", {}, "red"],
  ["/test/more", {}, "red"],
];
const BESIDE: readonly Row[] = [
  ["/only", { host: "green.example.com" }, "green"],
  ["/only", { host: "other.example.com" }, "white"],
  ["/paths/red", { host: "green.example.com" }, "red"],
  ["/", { host: "team-a-yellow.example.com" }, "yellow"],
  ["/priority/of/late", {}, "green"],
  ["/nowhere", {}, 503],
];

describe.skipIf(!HAS_CORPUS)(`howto-k8s-http-ingress-v2${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    namespace = await started([...MANIFEST, ...MORE]);
  });

  afterAll(() => gone(MANIFEST));

  /** From outside of the mesh, as the load balancer before the gateway. */
  const answersTo = async (rows: readonly Row[]): Promise<readonly (string | number)[]> => {
    const gateway = `http://ingress-gw.${NAMESPACE}.svc.cluster.local`;
    const list = rows.map(([path, headers]): Call => ({ url: `${gateway}${path}`, ...(headers && { headers }) }));
    return (await calls(namespace, "curler", list)).map(({ status, body }: Answer) => (status === 200 ? body : status));
  };

  test.each([
    ["the seven gateway routes of the walkthrough", SEVEN],
    ["routes of hosts, of priorities, and to nobody", BESIDE],
  ])("%s lead where they say", async (_, rows) => {
    await vi.waitFor(async () => expect(await answersTo(rows)).toEqual(rows.map(([, , answer]) => answer)), {
      timeout: 120_000,
      interval: 500,
    });
  });

  test("the gateway's clusters and App Mesh's names count what was called", async () => {
    const counters = await clusterCounters(namespace, "app=ingress-gw", "upstream_rq_total");
    const own = `cds_ingress_${NAMESPACE}_ingress-gw_${NAMESPACE}_self_redirect_8088_http_15001`;
    expect(counters).toMatchObject({
      [own]: expect.any(Number),
      [`cds_egress_${NAMESPACE}_yellow_${NAMESPACE}_http_8080`]: expect.any(Number),
    });
  });

  test("the gateway's pod has an Envoy of ours in the place of the image of AWS, and no other container", async () => {
    const path = "jsonpath={range .items[*].spec.containers[*]}{.name}={.image} {end}";
    const containers = await namespace.kubectl("get", "pods", "--selector=app=ingress-gw", `--output=${path}`);
    expect(containers.trim()).toMatch(/^envoy=docker\.io\/envoyproxy\/envoy:distroless-/);
  });

  test("the gateway and its routes are programmed, and the route to nobody says what it lacks", async () => {
    const said = async (kind: string): Promise<Readonly<Record<string, string>>> => {
      const path = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Programmed")].reason} {end}';
      const text = await namespace.kubectl("get", `${kind}.appmesh.k8s.aws`, `--output=jsonpath=${path}`);
      return Object.fromEntries(
        text
          .trim()
          .split(" ")
          .map((one) => one.split("=")),
      );
    };
    await vi.waitFor(
      async () => {
        expect(await said("virtualgateways")).toEqual({ "ingress-gw": "Programmed" });
        const routes = [...ROUTES, ...REWRITES, "host", "suffix", "late", "early"].map((name) => [name, "Programmed"]);
        expect(await said("gatewayroutes")).toEqual({ ...Object.fromEntries(routes), nowhere: "MissingReference" });
      },
      { timeout: 120_000, interval: 500 },
    );
  });
});
