import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testAuthority } from "../../../test/envoy/authority.ts";
import { podState, streamState } from "../../../test/unit/diagnose-facts.ts";
import type { JsonObject } from "../../model/json.ts";
import type { PodState } from "../facts/pod-state.ts";
import type { StreamState, StreamsFacts } from "../facts/streams.ts";
import type { SidecarStatistics } from "../facts/workload-status.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";
import { withCertificateNames } from "./certificate-names.ts";
import type { PodDoor } from "./pod-door.ts";

/* Envoys are a server of plain HTTP here; test/node/mesh/three-am.spec.ts asks real ones. */

const CLUSTER = "cds_egress_m_cart_shop_http_80";
const DUMP = { configs: [{ cluster: { name: CLUSTER, ...accepting("cart.shop") } }] };
/** What stands for the secrets of the called Envoy, which are made first. */
const SECRETS = "secrets";

let server: Server;
let secrets: JsonObject;
let asked: string[];
let answers: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  const { cert } = await (await testAuthority()).issue({ type: "dns", value: "billing.shop" });
  const chain = { certificate_chain: { inline_string: cert } };
  secrets = { configs: [{ secret: { name: "file-certificate:/tls.crt:/tls.key", tls_certificate: chain } }] };
  server = createServer(({ url = "" }, response) => {
    asked.push(url);
    const answer = answers[/dynamic_active_(\w+)/.exec(url)?.[1] ?? ""];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer === SECRETS ? secrets : answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => server.close());

function accepting(exact: string) {
  const names = { match_typed_subject_alt_names: [{ matcher: { exact } }] };
  const context = { combined_validation_context: { default_validation_context: names } };
  return { transport_socket: { typed_config: { common_tls_context: context } } };
}

const door: PodDoor = {
  connect(_namespace, pod) {
    if (pod === "gone") return Promise.reject(new Error("pods gone not found"));
    return Promise.resolve(connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port }));
  },
};

function stream(pod: string, node: string): StreamState {
  return streamState(pod, { resolved: { mesh: "m", kind: "virtualNode", name: node } });
}

const FAILURES: SidecarStatistics = {
  overflows: [],
  failures: [
    { kind: "no-route", count: 1 },
    { kind: "other-name", cluster: CLUSTER, count: 3 },
  ],
};

/** What is known of the names, pod by pod, where these are connected. */
async function names(pods: readonly PodState[], ...connected: readonly StreamState[]) {
  asked = [];
  const streams: StreamsFacts = { replicas: [], streams: connected, problem: "" };
  const statistics = new Map(pods.map(({ uid }) => [uid, FAILURES]));
  const found = await withCertificateNames(door, statistics, pods, streams);
  return pods.map(({ uid }) => {
    const failures = found.get(uid)?.failures ?? [];
    expect(failures).toMatchObject(FAILURES.failures);
    return failures.flatMap((failure) => (failure.kind === "other-name" ? [failure.names] : []))[0];
  });
}

test("both Envoys are asked, once for all pods of a workload", async () => {
  answers = { secrets: SECRETS, clusters: DUMP };
  const pods = [podState("web-1"), podState("web-2")];
  const connected = [stream("web-1", "web_shop"), stream("web-2", "web_shop"), stream("cart-1", "cart_shop")];
  const known = {
    kind: "known",
    accepted: ["cart.shop"],
    pod: "shop/cart-1",
    shown: [{ path: "/tls.crt", names: ["billing.shop"] }],
  };
  expect(await names(pods, ...connected)).toEqual([known, known]);
  expect(asked).toHaveLength(2);
});

test("of a node in a rollout the pod that stays is asked, then the youngest, until one shows what is not accepted", async () => {
  answers = { secrets: SECRETS, clusters: DUMP };
  const pods = [podState("web-1"), podState("cart-3")];
  const at = (name: string, since: string) => ({ ...stream(name, "cart_shop"), since });
  const connected = [
    stream("web-1", "web_shop"),
    at("cart-1", "2026-11-22T11:00:00Z"),
    at("cart-2", "2026-11-22T12:00:00Z"),
    at("cart-3", "2026-11-22T10:00:00Z"),
  ];
  const [ofStaying] = await names(pods, ...connected);
  expect(ofStaying).toMatchObject({ kind: "known", pod: "shop/cart-3" });
  const [ofYoungest] = await names(pods.slice(0, 1), ...connected);
  expect(ofYoungest).toMatchObject({ kind: "known", pod: "shop/cart-2" });
  const [ofNext] = await names(pods.slice(0, 1), ...connected, at("gone", "2026-11-22T13:00:00Z"));
  expect(ofNext).toMatchObject({ kind: "known", pod: "shop/cart-2" });
  expect(asked).toHaveLength(2);
});

test("a pod whose certificate is accepted by now is said where no other one says more", async () => {
  answers = { secrets: SECRETS, clusters: { configs: [{ cluster: { name: CLUSTER, ...accepting("billing.shop") } }] } };
  const connected = [stream("web-1", "web_shop"), stream("cart-1", "cart_shop"), stream("gone", "cart_shop")];
  const [found] = await names([podState("web-1")], ...connected);
  expect(found).toMatchObject({ kind: "known", pod: "shop/cart-1", accepted: ["billing.shop"] });
});

test("nobody is asked where no pod of the called node is connected, or the caller is not", async () => {
  const unknown = { kind: "unknown", why: "no connected pod of that node is known", pod: "" };
  expect(await names([podState("web-1")], stream("web-1", "web_shop"))).toEqual([unknown]);
  expect(await names([podState("web-1")], stream("cart-1", "cart_shop"))).toEqual([unknown]);
  expect(asked).toEqual([]);
});

test.each<[string, Readonly<Record<string, unknown>>, string, string]>([
  ["the called pod is gone", { secrets: SECRETS, clusters: DUMP }, "gone", "pods gone not found"],
  ["an Envoy has no such page", { clusters: DUMP }, "cart-1", "status 404"],
  ["the caller has no such cluster", { secrets: SECRETS, clusters: { configs: [] } }, "cart-1", "none of an Envoy"],
  ["somebody else answers", { secrets: "hello", clusters: DUMP }, "cart-1", "none of an Envoy"],
])("what could not be asked is said: %s", async (_, given, called, why) => {
  answers = given;
  const [found] = await names([podState("web-1")], stream("web-1", "web_shop"), stream(called, "cart_shop"));
  expect(found).toEqual({ kind: "unknown", why: expect.stringContaining(why), pod: `shop/${called}` });
});

test("of many workloads some are asked, and the others' failures stay", async () => {
  answers = { secrets: SECRETS, clusters: DUMP };
  const pods = Array.from({ length: 30 }, (_, index) =>
    podState(`web-${index}`, { workload: { kind: "Deployment", name: `web-${index}` } }),
  );
  const connected = [...pods.map(({ name }) => stream(name, "web_shop")), stream("cart-1", "cart_shop")];
  const found = await names(pods, ...connected);
  expect(found.filter((one) => one?.kind === "known")).toHaveLength(DIAGNOSE_LIMITS.certificatesAsked);
  expect(found.filter((one) => one === undefined)).toHaveLength(30 - DIAGNOSE_LIMITS.certificatesAsked);
});
