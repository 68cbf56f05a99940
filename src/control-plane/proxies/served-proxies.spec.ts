import { fromBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { beforeEach, describe, expect, test } from "vitest";
import { cachesOf } from "../../../test/caches-of.ts";
import { PLAIN_SPEC } from "../../../test/envoy/plain-spec.ts";
import { podWithBootstrap } from "../../../test/pod-with-bootstrap.ts";
import type { BootstrapSpec, Tracing } from "../../bootstrap/spec.ts";
import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import { type ConfigurationInput, configuration } from "../../config/schema.ts";
import { MeshGraph } from "../../graph/graph.ts";
import type { Informer } from "../../kube/informer.ts";
import { ObjectCache } from "../../kube/object-cache.ts";
import type { JsonObject } from "../../model/json.ts";
import { ListenerSchema } from "../../xds/generated/envoy/config/listener/v3/listener_pb.js";
import { Publisher } from "../../xds/publish/publisher.ts";
import type { Snapshot } from "../../xds/serve/snapshot.ts";
import { TYPES } from "../../xds/types.ts";
import { WorkRound } from "../../xds/work-round.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import { MeshContent } from "./mesh-content.ts";
import { ServedProxies } from "./served-proxies.ts";

let cache: ObjectCache<PodSummary>;
let untraced: string[];
let proxies: ServedProxies;
beforeEach(() => {
  cache = new ObjectCache();
  untraced = [];
  proxies = proxiesWith({});
});

function proxiesWith(settings: ConfigurationInput): ServedProxies {
  const round = new WorkRound();
  const source = new MeshContent(
    new MeshGraph({ mesh: "observe", accountId: "", clusterDomain: "cluster.local", discovery: "dns" }),
    "cluster.local",
    {
      round,
      changed: () => undefined,
      endpointsChanged: () => false,
      services: { onChange: () => undefined, members: () => [] },
      certificates: { secretsOf: () => [], forget: () => undefined },
      leftServices: { of: () => [], forget: () => undefined },
      tlsChanges: { inEffect: (_, view) => view, take: () => undefined },
      failed: () => undefined,
    },
  );
  return new ServedProxies({
    caches: cachesOf({}),
    pods: { cache } as unknown as Informer<PodSummary>,
    configuration: configuration({ meshName: "shop", ...settings }),
    publisher: new Publisher({ source, failed: () => undefined, round }),
    round,
    failed: () => undefined,
    mismatch: () => undefined,
    untraced: (caller, problem) => void untraced.push(`${caller.name}: ${problem}`),
  });
}

/** What a pod with this bootstrap gets when its proxy says this of itself. */
function served(name: string, bootstrap: Partial<BootstrapSpec>, claimed: JsonObject = {}): Snapshot {
  const metadata = { namespace: "shop", name, uid: name };
  const pod = podSummary({ ...podWithBootstrap({ ...PLAIN_SPEC, ...bootstrap }), metadata });
  cache.set({ namespace: "shop", name, value: pod });
  const bearer = { namespace: "shop", pod: name, podUid: name, serviceAccount: "" };
  const caller = { key: name, name: `shop/${name}`, bearer, pod } as Parameters<ServedProxies["admit"]>[0];
  return proxies.admit(caller, { id: "", metadata: { outrigger: claimed } }).snapshot();
}

function jaeger(percent: number): Tracing {
  return { kind: "jaeger", address: "jaeger", port: 9411, samplingRate: percent / 100 };
}

function addressOf(snapshot: Snapshot): unknown {
  const any = snapshot.get(TYPES.listener)?.resources.get("lds_egress_0.0.0.0_15001")?.any ?? Buffer.of();
  return fromBinary(ListenerSchema, fromBinary(AnySchema, any).value).address?.address.value;
}

describe("what a proxy gets", () => {
  test("depends on its pod's bootstrap", () => {
    expect(addressOf(served("four", {}))).toMatchObject({ address: "0.0.0.0" });
    expect(addressOf(served("both", { ipv6: true }))).toMatchObject({ address: "::", ipv4Compat: true });
  });

  test("does not depend on what it says of itself", () => {
    const claimed = { ipv6: true, directions: "shared", tracing: { provider: "x" } };
    expect(served("web", {}, claimed)).toBe(served("other", {}));
    expect(untraced).toEqual([]);
  });

  test("is one snapshot for pods that want the same", () => {
    const tracing = jaeger(5);
    expect(served("one", { tracing })).toBe(served("two", { tracing }));
    expect(served("one", { tracing })).not.toBe(served("two", {}));
  });
});

describe("the listener of a pod's own statistics", () => {
  function admitted(status: JsonObject, spec: JsonObject = {}) {
    const metadata = { namespace: "shop", name: "web", uid: "web" };
    const pod = podSummary({ metadata, spec, status });
    cache.set({ namespace: "shop", name: "web", value: pod });
    const bearer = { namespace: "shop", pod: "web", podUid: "web", serviceAccount: "" };
    const caller = { key: "web", name: "shop/web", bearer, pod } as Parameters<ServedProxies["admit"]>[0];
    return proxies.admit(caller, { id: "", metadata: {} });
  }
  function addresses(snapshot: Snapshot): unknown {
    const any = snapshot.get(TYPES.listener)?.resources.get("outrigger_stats")?.any;
    if (any === undefined) return undefined;
    const { address, additionalAddresses } = fromBinary(ListenerSchema, fromBinary(AnySchema, any).value);
    return [address, ...additionalAddresses.map((each) => each.address)].map((each) => each?.address.value);
  }
  const both = { podIPs: [{ ip: "10.1.0.7" }, { ip: "fd00::7" }] };
  const at = (address: string) =>
    expect.objectContaining({ address, portSpecifier: { case: "portValue", value: 9901 } });

  test("is at the pod's addresses of both families, from when it has them, and everything else is shared", () => {
    const proxy = admitted({});
    const told: Snapshot[] = [];
    proxy.subscribe((snapshot) => told.push(snapshot));
    const plain = proxy.snapshot();
    expect(admitted({}).snapshot()).toBe(plain);
    const now = podSummary({ metadata: { namespace: "shop", name: "web", uid: "web" }, status: both });
    cache.set({ namespace: "shop", name: "web", value: now });
    proxies.podChanged(now);
    expect(addresses(told[0] ?? new Map())).toEqual([at("10.1.0.7"), at("fd00::7")]);
    expect(told[0]?.get(TYPES.cluster)).toBe(plain.get(TYPES.cluster));
    proxy.close();
    proxies.podChanged({ ...now, addresses: ["10.1.0.8"] });
    expect(told).toHaveLength(1);
  });

  test("is never at an address of the node, which a pod in its network has", () => {
    expect(addresses(admitted(both, { hostNetwork: true }).snapshot())).toBeUndefined();
  });

  test("is left out where the setting says so", () => {
    proxies = proxiesWith({ controlPlane: { statsListener: false } });
    expect(addresses(admitted(both).snapshot())).toBeUndefined();
    proxies = proxiesWith({ proxy: { adminPort: 9902 } });
    expect(addresses(admitted(both).snapshot())).toMatchObject([
      { portSpecifier: { value: 9902 } },
      { portSpecifier: { value: 9902 } },
    ]);
  });
});

describe("a stream ends with its pod", () => {
  function admitted() {
    const pod = podSummary({ metadata: { namespace: "shop", name: "web", uid: "web" } });
    const bearer = { namespace: "shop", pod: "web", podUid: "web", serviceAccount: "" };
    const caller = { key: "web", name: "shop/web", bearer, pod } as Parameters<ServedProxies["admit"]>[0];
    return { pod, proxy: proxies.admit(caller, { id: "", metadata: {} }) };
  }

  test("not before the cache had it, which is behind for a moment", () => {
    expect(admitted().proxy.unwelcome()).toBeUndefined();
  });

  test("also where the pod came into the cache and left it between two looks", () => {
    const { pod, proxy } = admitted();
    cache.set({ namespace: "shop", name: "web", value: pod });
    proxies.podChanged(pod);
    cache.delete("shop", "web");
    expect(proxy.unwelcome()).toMatchObject({ code: "pod-gone" });
  });

  test("also where the cache had it when the proxy came, and then no more", () => {
    const pod = podSummary({ metadata: { namespace: "shop", name: "web", uid: "web" } });
    cache.set({ namespace: "shop", name: "web", value: pod });
    const { proxy } = admitted();
    cache.delete("shop", "web");
    expect(proxy.unwelcome()).toMatchObject({ code: "pod-gone" });
  });
});

describe("tracing that is not served is said:", () => {
  test("one setting too many; those before it go on", () => {
    const { tracings } = CONTROL_PLANE_LIMITS;
    const snapshots = Array.from({ length: tracings }, (_, index) =>
      served(`pod-${index}`, { tracing: jaeger(index) }),
    );
    expect(new Set(snapshots).size).toBe(tracings);
    expect(untraced).toEqual([]);
    expect(served("last", { tracing: jaeger(99) })).toBe(served("plain", {}));
    expect(untraced).toEqual([`shop/last: there are pods with ${tracings} other settings already`]);
    expect(served("again", { tracing: jaeger(3) })).toBe(snapshots[3]);
  });

  test("settings that are not ours", () => {
    const tracing: Tracing = { kind: "xray", address: "10.0.0.1", port: 2000, samplingRate: 1, segmentName: "web" };
    expect(served("foreign", { tracing })).toBe(served("plain", {}));
    expect(untraced).toEqual([expect.stringContaining("shop/foreign: the settings in the pod's bootstrap")]);
  });
});
