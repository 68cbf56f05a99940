import { expect } from "vitest";
import { type JsonObject, member } from "../../src/model/json.ts";
import type { Kind } from "../../src/model/kinds.ts";
import { TYPES } from "../../src/xds/types.ts";
import type { TestControlPlane } from "../control-plane-harness.ts";
import { backends } from "../mesh-objects.ts";
import { createMeshPod } from "../mesh-pods.ts";
import { text } from "./api-object.ts";
import { gateway, gatewayRoute, mesh, node, object, route, router, service } from "./app-mesh-manifests.ts";
import type { MeshCluster } from "./mesh-cluster.ts";
import { type MirroredProxy, mirroredProxy } from "./mirrored-proxy.ts";
import { until } from "./until.ts";

/*
 * Namespace "shop" of mesh "main", whom others want to harm: its pod "front" calls "web", a router before "blue" and "green", and "pay", whose
 * name in App Mesh speaks of no namespace.
 */

const ROUTES = `${TYPES.route} rds_egress_http_8080`;
const ACCEPTED = "Accepted=True Accepted";

/** Its own change, by which one sees that whatever came before has reached front's proxy. */
const web = (blue: number): JsonObject => router("shop/web", route("all", { blue, green: 1 }));
const OBJECTS = [
  node("shop/front", backends("web", "pay")),
  node("shop/blue"),
  node("shop/green"),
  node("shop/till", { awsName: "till" }),
  web(1),
  service("shop/web", { awsName: "web.shop.svc.cluster.local" }),
  object("VirtualService", "shop/pay", {
    awsName: "pay.example.com",
    provider: { virtualNode: { virtualNodeRef: { name: "till" } } },
  }),
  gateway("shop/edge", { own: "shop" }),
  gatewayRoute("shop/web", "web", {}, { awsName: "checkout" }),
];

export interface Victim {
  /** What front's proxy has now, with what is needed to ask {@link unharmed} later. */
  remember(): Promise<ReadonlyMap<string, string>>;
  /** Fails unless front's proxy has what it had, was told of nothing but its own routes since, and all its objects are in effect. */
  unharmed(remembered: ReadonlyMap<string, string>): Promise<void>;
  /** The proxy of a new pod, which says that it is this node of mesh "main". */
  proxyOf(namespace: string, name: string, metadata: JsonObject, claimed: string): Promise<MirroredProxy>;
  end(): Promise<void>;
}

/** Makes namespaces by their meshes, each with the label `own` and a service account. */
export async function namespacesOf(at: MeshCluster, meshes: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, label] of Object.entries(meshes)) {
    await at.namespace(name, { mesh: label, own: name });
    const metadata = { name: "default", namespace: name };
    const accounts = `/api/v1/namespaces/${name}/serviceaccounts`;
    await at.cluster.api.create(accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  }
}

/** Applies objects, which nobody may have anything against, and waits until all are accepted. */
export async function accepted(at: MeshCluster, ...objects: readonly JsonObject[]): Promise<void> {
  const { code, stderr } = await at.apply(...objects);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const { kind, metadata } of objects.filter((one) => one.kind !== "BackendGroup")) {
    const [namespace, name] = [text(member(metadata, "namespace")), text(member(metadata, "name"))];
    await at.untilSaid(kind as Kind, namespace === "" ? name : `${namespace}/${name}`, ACCEPTED);
  }
}

export async function victim(at: MeshCluster, controlPlane: TestControlPlane): Promise<Victim> {
  const server = { port: controlPlane.address.port, authority: at.authority.pem };
  const proxies: MirroredProxy[] = [];
  await accepted(at, mesh("main"), ...OBJECTS);
  const proxyOf: Victim["proxyOf"] = async (namespace, name, metadata, claimed) => {
    const pod = await createMeshPod(at.cluster.api, namespace, name, metadata);
    const made = await mirroredProxy(at.cluster.api, server, pod, `mesh/main/virtualNode/${claimed}`);
    proxies.push(made);
    return made;
  };
  const front = await proxyOf("shop", "front", { labels: { app: "front" } }, "front_shop");
  for (const name of ["blue_shop", "green_shop", "till"]) await front.untilHas(`cds_egress_main_${name}_http_8080`);
  await front.untilHas("rds_egress_http_8080");

  async function settled(): Promise<ReadonlyMap<string, string>> {
    for (const weight of [2, 1]) {
      const known = front.resources().get(ROUTES);
      expect(await at.apply(web(weight))).toMatchObject({ code: 0 });
      await until(async () => (front.resources().get(ROUTES) === known ? "its routes are the old ones" : undefined));
    }
    return front.resources();
  }

  return {
    proxyOf,
    async remember() {
      const remembered = await settled();
      front.told();
      return remembered;
    },
    async unharmed(remembered) {
      expect(await settled()).toEqual(remembered);
      expect(new Set(front.told())).toEqual(new Set([ROUTES]));
      for (const { kind, metadata } of OBJECTS) {
        const said = await at.conditionsOf(kind as Kind, `shop/${text(member(metadata, "name"))}`);
        expect(said).toEqual(expect.arrayContaining([`${text(kind)}Active=True Active`, ACCEPTED]));
      }
    },
    async end() {
      await Promise.all(proxies.map((proxy) => proxy.end()));
    },
  };
}
