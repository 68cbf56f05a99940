import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "../src/model/json.ts";
import { member, stringOf } from "../src/model/json.ts";
import type { TokenIssuer } from "./xds-tokens.ts";

/** As much of an API server as a control plane asks for: pods that stand still, and a store of objects for its authority and Lease. */
export interface KubeStandIn {
  readonly port: number;
  /** Stores an object in a collection, such as `/api/v1/namespaces`, and tells who watches it. */
  put(collection: string, object: JsonObject): void;
  close(): void;
}

/** `pods`: how many there are, as {@link podAt} makes them. */
export async function kubeStandIn(pods: number, issuer: TokenIssuer): Promise<KubeStandIn> {
  const store = new Map<string, JsonObject>();
  const watchers = new Map<string, Set<ServerResponse>>();
  let version = 1;

  function stored(collection: string, object: JsonObject, type: "ADDED" | "MODIFIED"): JsonObject {
    version += 1;
    const metadata = member(object, "metadata") as JsonObject;
    const name = stringOf(metadata["name"]) ?? "";
    const kept = { ...object, metadata: { uid: randomUUID(), ...metadata, resourceVersion: String(version) } };
    store.set(`${collection}/${name}`, kept);
    for (const watcher of watchers.get(collection) ?? []) {
      watcher.write(`${JSON.stringify({ type, object: kept })}\n`);
    }
    return kept;
  }

  function list(collection: string, query: URLSearchParams): JsonObject {
    const from = Number(query.get("continue") ?? 0);
    const limit = Number(query.get("limit"));
    if (collection === "/api/v1/pods") {
      const until = Math.min(pods, from + limit);
      const items = Array.from({ length: until - from }, (_, index) => podAt(from + index));
      return { metadata: { resourceVersion: "1", ...(until < pods && { continue: String(until) }) }, items };
    }
    const selected = query.get("fieldSelector")?.split("=")[1];
    const items = [...store]
      .filter(([path]) => path.slice(0, path.lastIndexOf("/")) === collection)
      .map(([, object]) => object)
      .filter((object) => selected === undefined || member(object["metadata"], "name") === selected);
    return { metadata: { resourceVersion: String(version) }, items };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const path = url.pathname;
    const send = (status: number, body: JsonObject): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.method === "GET") {
      if (path === "/openid/v1/jwks") return send(200, { keys: [issuer.jwk] });
      if (path === "/.well-known/openid-configuration") return send(200, { issuer: issuer.name });
      if (url.searchParams.has("watch")) return watch(path, response);
      if (url.searchParams.has("limit")) return send(200, list(path, url.searchParams));
      const found = store.get(path);
      return found === undefined ? send(404, { code: 404, reason: "NotFound" }) : send(200, found);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}") as JsonObject;
    const collection = request.method === "POST" ? path : path.slice(0, path.lastIndexOf("/"));
    const known = store.get(request.method === "POST" ? `${path}/${stringOf(member(body["metadata"], "name"))}` : path);
    if (request.method === "POST" && known !== undefined) return send(409, { code: 409, reason: "AlreadyExists" });
    if (request.method === "DELETE") {
      store.delete(path);
      return send(200, {});
    }
    send(200, stored(collection, { ...known, ...body }, known === undefined ? "ADDED" : "MODIFIED"));
  }

  function watch(collection: string, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const ofCollection = watchers.get(collection) ?? new Set();
    watchers.set(collection, ofCollection.add(response));
    response.once("close", () => ofCollection.delete(response));
  }

  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    put(collection, object) {
      const name = stringOf(member(object["metadata"], "name")) ?? "";
      stored(collection, object, store.has(`${collection}/${name}`) ? "MODIFIED" : "ADDED");
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The trust that a control plane publishes; waits until it is there. */
export async function publishedTrust(kube: KubeStandIn): Promise<string> {
  const path = "/api/v1/namespaces/appmesh-system/configmaps/outrigger-trust";
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${kube.port}${path}`);
    const pem = stringOf(member(((await answer.json()) as { data?: never }).data, "trust.pem"));
    if (pem !== undefined) return pem;
    await wait(50);
  }
}

/** A running, injected pod of some 7 KB, as they come from an API server. */
export function podAt(index: number): JsonObject {
  const name = `web-${index}`;
  const address = `10.${128 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  const conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
  const condition = (type: string): JsonObject => ({
    type,
    status: "True",
    lastTransitionTime: "2026-11-22T10:00:00Z",
  });
  const containers = ["envoy", "app"].map((each) => ({
    name: each,
    image: `registry.example/${each}:1.2.3`,
    env: Array.from({ length: 12 }, (_, each) => ({ name: `SETTING_${each}`, value: `value ${each} of pod ${index}` })),
    volumeMounts: [
      { name: "kube-api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
    ],
  }));
  return {
    metadata: {
      name,
      namespace: "bench",
      uid: `uid-${index}`,
      resourceVersion: String(index + 1),
      creationTimestamp: "2026-11-22T10:00:00Z",
      labels: { app: `web-${index % 200}`, "pod-template-hash": "6d4cf56db6" },
      annotations: { "outrigger.dev/injected": "x".repeat(1500), "appmesh.k8s.aws/ports": "8080" },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          name: `web-${index % 200}-6d4cf56db6`,
          uid: "r",
          controller: true,
        },
      ],
      managedFields: [{ manager: "kubelet", fieldsV1: { text: "f:status ".repeat(200) } }],
    },
    spec: { containers, nodeName: `node-${index % 50}`, serviceAccountName: "default" },
    status: {
      phase: "Running",
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: conditions.map(condition),
      containerStatuses: containers.map((each) => ({ name: each.name, ready: true, restartCount: 0 })),
    },
  };
}
