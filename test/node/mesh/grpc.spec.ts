import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { objectOf } from "../../../src/model/json.ts";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import { apply } from "../kubectl.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { type Answer, type Call, calls } from "./calls.ts";
import { clusterCounters, reloaded } from "./envoy-statistics.ts";
import { APP_IMAGE, gone, howto, started } from "./walkthrough.ts";

const NAMESPACE = "howto-k8s-grpc";
const MANIFEST = HAS_CORPUS
  ? howto("grpc", { CLIENT_APP_IMAGE: APP_IMAGE, CLOUDMAP_NAMESPACE: `${NAMESPACE}.pvt.aws.local` })
  : [];
const CLUSTER = `cds_egress_${NAMESPACE}_server_${NAMESPACE}_grpc_8080`;
const CONVERGED = { timeout: 120_000, interval: 100 };
const MAX_RETRIES = 3;
/** gRPC's status INTERNAL, and the name that App Mesh has for it. */
const INTERNAL = { code: 13, event: "internal" };
const LONG = { perRequest: { unit: "s", value: 60 } };
const SERVICE = "color.ColorService";
const UNIMPLEMENTED = { status: 404, body: "grpc status 12:" };

const ROUTER = MANIFEST.find(({ kind }) => kind === "VirtualRouter") ?? {};

function route(name: string, match: object, more: object = {}): object {
  const action = { weightedTargets: [{ virtualNodeRef: { name: "server" }, weight: 1 }] };
  return { name, grpcRoute: { match, action, ...more } };
}

/** What the client's app answers comes over HTTP/1.1, and it calls the server over gRPC on one connection that it keeps. */
describe.skipIf(!HAS_CORPUS)(`howto-k8s-grpc${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    namespace = await started(MANIFEST, ["client"]);
    await vi.waitFor(async () => expect((await asked("/getColor")).status).toBe(200), CONVERGED);
  });

  afterAll(() => gone(MANIFEST));

  const answers = (list: readonly (Omit<Call, "url"> & { readonly path: string })[]): Promise<readonly Answer[]> =>
    calls(
      namespace,
      "curler",
      list.map(({ path, ...call }) => ({ ...call, url: `http://client.${NAMESPACE}.svc.cluster.local:8080${path}` })),
    );

  async function asked(path: string, call: Omit<Call, "url"> = {}): Promise<Answer> {
    const [answer] = await answers([{ path, ...call }]);
    return answer ?? { status: 0, body: "" };
  }

  const ok = (body: string): Answer => ({ status: 200, body });

  /** Applies other routes, and waits until the client's Envoy has them. */
  async function routesBecome(...routes: readonly object[]): Promise<void> {
    const spec = { ...objectOf(ROUTER.spec), routes };
    await reloaded(namespace, "app=client", "egress", () => apply({ ...ROUTER, spec }));
  }

  /** Has that share of the answers fail with INTERNAL. */
  async function fails(rate: number): Promise<void> {
    expect((await asked(`/setFlakiness?rate=${rate}&code=${INTERNAL.code}`, { body: "" })).status).toBe(200);
  }

  async function counted(statistic: string): Promise<number> {
    return (await clusterCounters(namespace, "app=client", statistic))[CLUSTER] ?? 0;
  }

  test("the route takes GetColor alone, and SetColor is unimplemented until it takes all methods of the service", async () => {
    expect(await asked("/getColor")).toEqual(ok("no_color"));
    expect(await asked("/setColor", { body: "blue" })).toEqual(UNIMPLEMENTED);
    expect(await asked("/getColor")).toEqual(ok("no_color"));

    await routesBecome(route("all-methods", { serviceName: SERVICE }));
    expect(await asked("/setColor", { body: "blue" })).toEqual(ok("no_color"));
    expect(await asked("/getColor")).toEqual(ok("blue"));
  });

  test("answers of INTERNAL are tried again where the route says so, and no more often", async () => {
    await routesBecome(route("no-retries", { serviceName: SERVICE }, { timeout: LONG }));
    await fails(1);
    const before = await counted("upstream_rq_retry");
    expect(await asked("/getColor")).toEqual({ status: 500, body: `grpc status ${INTERNAL.code}:` });
    expect(await counted("upstream_rq_retry")).toBe(before);

    const perRetryTimeout = { unit: "s", value: 15 };
    const retryPolicy = { maxRetries: MAX_RETRIES, perRetryTimeout, grpcRetryEvents: [INTERNAL.event] };
    await routesBecome(route("retries", { serviceName: SERVICE }, { timeout: LONG, retryPolicy }));
    expect((await asked("/getColor")).status).toBe(500);
    expect(await counted("upstream_rq_retry")).toBe(before + MAX_RETRIES);

    await fails(0.5);
    const many = await answers(Array.from({ length: 100 }, () => ({ path: "/getColor" })));
    // four faults in a row come once in sixteen
    expect(many.filter(({ status }) => status === 200).length).toBeGreaterThan(80);
    expect(await counted("upstream_rq_retry_success")).toBeGreaterThan(20);
    await fails(0);
  });

  test("a route of metadata takes what has it, and the one after it another method", async () => {
    const metadata = [{ name: "color_header", match: { prefix: "bl" } }];
    await routesBecome(
      route("of-metadata", { serviceName: SERVICE, methodName: "GetColor", metadata }),
      route("of-method", { serviceName: SERVICE, methodName: "SetColor" }),
    );
    const list = await answers([
      { path: "/getColor" },
      { path: "/getColor", headers: { color_header: "red" } },
      { path: "/getColor", headers: { color_header: "blue" } },
      { path: "/setColor", body: "green" },
      { path: "/getFlakiness" },
    ]);
    const its = list[2]?.body ?? "";
    expect(list).toEqual([UNIMPLEMENTED, UNIMPLEMENTED, ok(its), ok(its), UNIMPLEMENTED]);
  });

  test("the server is checked by gRPC's own health service, and by no route", async () => {
    // two checks have to pass, and the first one may come before the app listens
    await vi.waitFor(async () => expect(await counted("membership_healthy")).toBe(1), CONVERGED);
    expect(await counted("health_check_success")).toBeGreaterThan(1);
  });
});
