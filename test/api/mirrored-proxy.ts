import { fromBinary, toJson } from "@bufbuild/protobuf";
import { stringOf } from "../../src/model/json.ts";
import { ClusterSchema } from "../../src/xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import type { DeltaDiscoveryResponse } from "../../src/xds/generated/envoy/service/discovery/v3/discovery_pb.js";
import { TYPES } from "../../src/xds/types.ts";
import { ENVOY_MESSAGES } from "../envoy-messages.ts";
import { type MeshPod, tokenOf } from "../mesh-pods.ts";
import { xdsClient } from "../xds-client.ts";
import type { ApiConnection } from "./api-connection.ts";
import { until } from "./until.ts";

/** A proxy that takes and acknowledges everything it is sent, and asks for what that points at, as Envoy does. */
export interface MirroredProxy {
  /** What it has now: type and name of each resource, with its bytes. */
  resources(): ReadonlyMap<string, string>;
  /** Type and name of what it was sent, or told to remove, since this was asked last. */
  told(): readonly string[];
  /** Waits until it has a resource with this name. */
  untilHas(name: string): Promise<void>;
  end(): Promise<void>;
}

/** Begins a stream of a pod's proxy, which says that it is this node, over a connection of its own: each has few streams. */
export async function mirroredProxy(
  api: ApiConnection,
  server: { readonly port: number; readonly authority: string },
  pod: MeshPod,
  claim: string,
): Promise<MirroredProxy> {
  const client = xdsClient(server.port, server.authority);
  const call = client.delta(await tokenOf(api, pod));
  const held = new Map<string, string>();
  const asked = new Set<string>();
  let told: string[] = [];
  const node = { id: claim, metadata: { outrigger: { pod } } };
  call.send({ typeUrl: TYPES.cluster, node });
  call.send({ typeUrl: TYPES.listener });

  function subscribe(typeUrl: string, names: readonly string[]): void {
    const resourceNamesSubscribe = names.filter((name) => !asked.has(`${typeUrl} ${name}`));
    if (resourceNamesSubscribe.length === 0) return;
    for (const name of resourceNamesSubscribe) asked.add(`${typeUrl} ${name}`);
    call.send({ typeUrl, resourceNamesSubscribe });
  }

  function take({ typeUrl, nonce, resources, removedResources }: DeltaDiscoveryResponse): void {
    for (const { name, resource } of resources) {
      const value = resource?.value ?? Buffer.of();
      held.set(`${typeUrl} ${name}`, Buffer.from(value).toString("base64"));
      told.push(`${typeUrl} ${name}`);
      if (typeUrl === TYPES.cluster) subscribe(TYPES.endpoints, endpointsOf(name, value));
      if (typeUrl === TYPES.listener) subscribe(TYPES.route, routesOf(value));
    }
    for (const name of removedResources) {
      held.delete(`${typeUrl} ${name}`);
      told.push(`${typeUrl} ${name}`);
    }
    call.send({ typeUrl, responseNonce: nonce });
  }

  const taking = (async () => {
    for (;;) take(await call.next());
  })().catch(() => undefined);
  return {
    resources: () => new Map([...held].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    told() {
      const since = told;
      told = [];
      return since;
    },
    untilHas: (name) =>
      until(async () =>
        [...held.keys()].some((key) => key.endsWith(` ${name}`))
          ? undefined
          : `it has ${[...held.keys()].join(", ") || "nothing"}`,
      ),
    async end() {
      call.end();
      await Promise.all([call.status, taking]);
      client.close();
    },
  };
}

function endpointsOf(name: string, value: Uint8Array): readonly string[] {
  const { edsClusterConfig } = fromBinary(ClusterSchema, value);
  return edsClusterConfig === undefined ? [] : [edsClusterConfig.serviceName || name];
}

function routesOf(value: Uint8Array): readonly string[] {
  const listener = toJson(ListenerSchema, fromBinary(ListenerSchema, value), { registry: ENVOY_MESSAGES });
  const names = JSON.stringify(listener).matchAll(/"routeConfigName":"([^"]+)"/g);
  return [...names].map(([, name]) => stringOf(name) ?? "");
}
