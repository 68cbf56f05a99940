import { fromBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { beforeEach, describe, expect, test } from "vitest";
import { cachesOf } from "../../../test/caches-of.ts";
import { PLAIN_SPEC } from "../../../test/envoy/plain-spec.ts";
import { podWithBootstrap } from "../../../test/pod-with-bootstrap.ts";
import type { BootstrapSpec, Tracing } from "../../bootstrap/spec.ts";
import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import { configuration } from "../../config/schema.ts";
import type { Informer } from "../../kube/informer.ts";
import { ObjectCache } from "../../kube/object-cache.ts";
import type { JsonObject } from "../../model/json.ts";
import { ListenerSchema } from "../../xds/generated/envoy/config/listener/v3/listener_pb.js";
import { WorkRound } from "../../xds/publish/work-round.ts";
import type { Snapshot } from "../../xds/serve/snapshot.ts";
import { TYPES } from "../../xds/types.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import { MeshContent } from "./mesh-content.ts";
import { ServedProxies } from "./served-proxies.ts";

let cache: ObjectCache<PodSummary>;
let untraced: string[];
let proxies: ServedProxies;
beforeEach(() => {
  cache = new ObjectCache();
  untraced = [];
  const round = new WorkRound();
  proxies = new ServedProxies({
    caches: cachesOf({}),
    pods: { cache } as unknown as Informer<PodSummary>,
    configuration: configuration({ meshName: "shop" }),
    content: new MeshContent(
      { mesh: "observe", accountId: "", clusterDomain: "cluster.local" },
      { round, changed: () => undefined, failed: () => undefined },
    ),
    round,
    failed: () => undefined,
    mismatch: () => undefined,
    untraced: (caller, problem) => void untraced.push(`${caller.name}: ${problem}`),
  });
});

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
