import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { cachesOf } from "../../../test/caches-of.ts";
import { PLAIN_SPEC } from "../../../test/envoy/plain-spec.ts";
import { podWithBootstrap } from "../../../test/pod-with-bootstrap.ts";
import { settled } from "../../../test/turns.ts";
import type { InjectionCaches } from "../../cluster/caches.ts";
import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import { configuration } from "../../config/schema.ts";
import type { Informer } from "../../kube/informer.ts";
import { ObjectCache } from "../../kube/object-cache.ts";
import type { NodeFacts } from "../../model/mesh-objects.ts";
import { resourceOf } from "../../xds/encode/resource.ts";
import { ClusterSchema } from "../../xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import { Publisher } from "../../xds/publish/publisher.ts";
import type { ServedProxy } from "../../xds/serve/application.ts";
import type { ProxyView } from "../../xds/translate/view.ts";
import { TYPES } from "../../xds/types.ts";
import { WorkRound } from "../../xds/work-round.ts";
import { ServedProxies } from "./served-proxies.ts";

let cache: ObjectCache<PodSummary>;
let nodes: ObjectCache<NodeFacts>;
let proxies: ServedProxies;
let failures: string[];
/** The view that cannot be made. */
let broken: string | undefined;
let computed: string[];
let time: number;
let turns: (() => void)[];
/** Milliseconds that making one view takes. */
let effort: number;

beforeEach(() => {
  cache = new ObjectCache();
  nodes = new ObjectCache();
  const caches = { ...cachesOf({}), virtualNodes: { cache: nodes } } as unknown as InjectionCaches;
  [failures, computed, turns] = [[], [], []];
  [broken, time, effort] = [undefined, 0, 0];
  const round = new WorkRound({ now: () => time, later: (callback) => void turns.push(callback) });
  const failed = (view: string, error: unknown): void => void failures.push(`${view}: ${(error as Error).message}`);
  proxies = new ServedProxies({
    caches,
    pods: { cache } as unknown as Informer<PodSummary>,
    configuration: configuration({ meshName: "shop" }),
    publisher: new Publisher<ProxyView>({
      source: {
        compute(view, { traits }) {
          computed.push(view);
          time += effort;
          if (view === broken) throw new Error("cannot be made");
          return {
            resources: [resourceOf(create(ClusterSchema, { name: traits.leaving ? `${view}, leaving` : view }))],
            endpoints: [],
          };
        },
        traitsKey: ({ traits }) => String(traits.leaving),
        endpoints: () => undefined,
      },
      failed,
      round,
    }),
    round,
    failed,
    mismatch: () => undefined,
    untraced: () => undefined,
  });
});

function serve(name: string, namespace = "shop", injectedAs = ""): ServedProxy {
  const annotations = { "outrigger.dev/injected": JSON.stringify({ resource: injectedAs }) };
  const metadata = { namespace, name, uid: name, labels: { app: name }, annotations };
  const pod = podSummary({ ...podWithBootstrap(PLAIN_SPEC), metadata });
  cache.set({ namespace, name, value: pod });
  const bearer = { namespace, pod: name, podUid: name, serviceAccount: "" };
  const caller = { key: name, name: `${namespace}/${name}`, bearer, pod } as Parameters<ServedProxies["admit"]>[0];
  return proxies.admit(caller, { id: "", metadata: {} });
}

/** There is a node now that selects the pod of its name, or that of another one. */
function putNode(name: string, namespace = "shop", app = name): void {
  const podSelector = { matchLabels: { app }, matchExpressions: [] };
  const node: NodeFacts = {
    name,
    namespace,
    awsName: `${name}_${namespace}`,
    podSelector,
    listenerPorts: [],
    cloudMap: false,
  };
  nodes.set({ namespace, name, value: node });
}

const viewOf = (proxy: ServedProxy): unknown => [...(proxy.snapshot().get(TYPES.cluster)?.resources.keys() ?? [])][0];
const SHOP = { kind: "namespace", namespace: "shop" } as const;

describe("a pod that is about to end", () => {
  const deleted = (name: string): PodSummary => {
    const pod = cache.get("shop", name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    const leaving = { ...pod, deletion: 1 };
    cache.set({ namespace: "shop", name, value: leaving });
    return leaving;
  };

  test("asks its clients to go, on the stream that it has; others of its node do not", () => {
    putNode("web");
    const [web, other] = [serve("web"), serve("api")];
    const pod = deleted("web");
    proxies.podChanged(pod);
    settled(turns);
    expect([viewOf(web), viewOf(other)]).toEqual(["VirtualNode/shop/web, leaving", "pass-through"]);
    proxies.podChanged({ ...pod, phase: "Failed" });
    settled(turns);
    expect(computed).toEqual(["VirtualNode/shop/web", "pass-through", "VirtualNode/shop/web"]);
  });

  test("goes on asking where its node becomes another one", () => {
    const web = serve("web");
    proxies.podChanged(deleted("web"));
    putNode("web");
    proxies.membersChanged(SHOP);
    settled(turns);
    expect(viewOf(web)).toBe("VirtualNode/shop/web, leaving");
  });
});

describe("a pod that becomes another node", () => {
  test("gets the view of that node, soon, on the stream that it has; others keep theirs", () => {
    const [web, api] = [serve("web"), serve("api")];
    putNode("web");
    proxies.membersChanged(SHOP);
    expect([viewOf(web), viewOf(api)]).toEqual(["pass-through", "pass-through"]);
    settled(turns);
    expect([viewOf(web), viewOf(api)]).toEqual(["VirtualNode/shop/web", "pass-through"]);
    nodes.delete("shop", "web");
    proxies.membersChanged(SHOP);
    settled(turns);
    expect(viewOf(web)).toBe("pass-through");
  });

  test("keeps what it has where its new view cannot be made, which is said; the others are moved, and it is with the next change", () => {
    const [web, api] = [serve("web"), serve("api")];
    for (const name of ["web", "api"]) putNode(name);
    broken = "VirtualNode/shop/web";
    proxies.membersChanged(SHOP);
    settled(turns);
    expect([viewOf(web), viewOf(api)]).toEqual(["pass-through", "VirtualNode/shop/api"]);
    expect(failures).toEqual(["VirtualNode/shop/web: cannot be made"]);
    broken = undefined;
    proxies.membersChanged(SHOP);
    settled(turns);
    expect(viewOf(web)).toBe("VirtualNode/shop/web");
  });

  test("is looked for only among those that a change concerns", () => {
    const there = [serve("web"), serve("api"), serve("web", "bank")];
    for (const name of ["web", "api"]) putNode(name);
    putNode("web", "bank");
    proxies.membersChanged({ kind: "pod", namespace: "shop", name: "api" });
    settled(turns);
    expect(there.map(viewOf)).toEqual(["pass-through", "VirtualNode/shop/api", "pass-through"]);
    proxies.membersChanged(SHOP);
    settled(turns);
    expect(there.map(viewOf)).toEqual(["VirtualNode/shop/web", "VirtualNode/shop/api", "pass-through"]);
    proxies.membersChanged({ kind: "everybody" });
    settled(turns);
    expect(there.map(viewOf)).toEqual(["VirtualNode/shop/web", "VirtualNode/shop/api", "VirtualNode/bank/web"]);
  });

  test("keeps the view that it has while two nodes select it; one that comes then is the node that it was injected as", () => {
    putNode("web");
    const stays = serve("web", "shop", "mesh/shop/virtualNode/canary_shop");
    putNode("canary", "shop", "web");
    proxies.membersChanged(SHOP);
    settled(turns);
    const comes = serve("web", "shop", "mesh/shop/virtualNode/canary_shop");
    const other = serve("web", "shop", "mesh/shop/virtualNode/gone_shop");
    expect([stays, comes, other].map(viewOf)).toEqual([
      "VirtualNode/shop/web",
      "VirtualNode/shop/canary",
      "pass-through",
    ]);
  });

  test("and whose stream ends meanwhile costs nothing", () => {
    const web = serve("web");
    putNode("web");
    proxies.membersChanged(SHOP);
    web.close();
    settled(turns);
    expect(computed).toEqual(["pass-through"]);
  });

  test("with many others: they are moved over several turns of the loop, each once", () => {
    const names = Array.from({ length: 30 }, (_, index) => `web-${index}`);
    const there = names.map((name) => serve(name));
    for (const name of names) putNode(name);
    effort = 4;
    for (let event = 0; event < 5; event++) proxies.membersChanged(SHOP);
    expect(settled(turns)).toBeGreaterThanOrEqual(10);
    expect(there.map(viewOf)).toEqual(names.map((name) => `VirtualNode/shop/${name}`));
    expect(computed).toHaveLength(1 + names.length);
  });
});
