import type { JsonObject } from "../src/model/json.ts";
import { APPMESH_API_VERSION } from "../src/model/kinds.ts";
import type { KubeStandIn } from "./xds-kube.ts";

/** Nodes of the mesh; a pod belongs to one of them by its label `app`. */
const NODES = 200;
/** Backends of each node. */
const BACKENDS = 3;
const MESH = "bench";
const NAMESPACE = "bench";

/** A mesh of 200 nodes, each with three others behind it. */
export function putMesh(kube: KubeStandIn): void {
  kube.put("/api/v1/namespaces", {
    kind: "Namespace",
    metadata: { name: NAMESPACE, labels: { mesh: MESH } },
  });
  putFilter(kube, "DROP_ALL");
  for (let index = 0; index < NODES; index++) {
    const backends = Array.from({ length: BACKENDS }, (_, backend) => ({
      virtualService: { virtualServiceRef: { name: `web-${(index + backend + 1) % NODES}` } },
    }));
    put(kube, "virtualnodes", "VirtualNode", `web-${index}`, {
      podSelector: { matchLabels: { app: `web-${index}` } },
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: `web-${index}.${NAMESPACE}.svc.cluster.local` } },
      backends,
    });
    put(kube, "virtualservices", "VirtualService", `web-${index}`, {
      awsName: `web-${index}.${NAMESPACE}.svc.cluster.local`,
      provider: { virtualNode: { virtualNodeRef: { name: `web-${index}` } } },
    });
  }
}

/** A change that every proxy gets: of its clusters and of its listener. */
export function putFilter(kube: KubeStandIn, type: "ALLOW_ALL" | "DROP_ALL"): void {
  kube.put(`/apis/${APPMESH_API_VERSION}/meshes`, {
    apiVersion: APPMESH_API_VERSION,
    kind: "Mesh",
    metadata: { name: MESH },
    spec: { namespaceSelector: { matchLabels: { mesh: MESH } }, egressFilter: { type } },
  });
}

function put(kube: KubeStandIn, plural: string, kind: string, name: string, spec: JsonObject): void {
  const object = { apiVersion: APPMESH_API_VERSION, kind, metadata: { name, namespace: NAMESPACE }, spec };
  kube.put(`/apis/${APPMESH_API_VERSION}/${plural}`, object);
}
