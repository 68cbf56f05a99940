import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeReader, kubeClient } from "../../src/kube/client.ts";
import { kubeEndpoint } from "../../src/kube/endpoint.ts";
import { Informer } from "../../src/kube/informer.ts";
import { type JsonObject, member } from "../../src/model/json.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { comesTrue } from "../comes-true.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { createNamespace } from "./namespaces.ts";

let cluster: Cluster;
let api: ApiConnection;
let before: string;

beforeAll(async () => {
  // Of its own, because it is restarted: an API server that has just started knows no version from before.
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
  before = await createNamespace(api, "expired");
  await cluster.restartApiServer();
});

afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});

/** A client whose first watch asks for a version that the API server no longer has, as after a long silence. */
function withStaleFirstWatch(client: KubeReader, seen: JsonObject[]): KubeReader {
  let first = true;
  return {
    get: (path, call) => client.get(path, call),
    watch(path, call) {
      const stale = first ? path.replace(/resourceVersion=[0-9]+/, "resourceVersion=1") : path;
      first = false;
      const event = (line: JsonObject) => {
        seen.push(line);
        call.event(line);
      };
      return client.watch(stale, { ...call, event });
    },
  };
}

test("the API server's 410 Gone makes the informer list again, and it goes on watching", {
  timeout: 40_000,
}, async () => {
  const seen: JsonObject[] = [];
  const client = kubeClient(await kubeEndpoint(cluster.kubeconfig, {}));
  const informer = new Informer(withStaleFirstWatch(client, seen), {
    name: "namespaces",
    path: "/api/v1/namespaces",
    content: "metadata",
    presence: "always",
    project: (object) => object,
  });
  const stop = new AbortController();
  const running = informer.start(stop.signal);
  try {
    await informer.synced;
    await comesTrue(() => expect(seen.some((event) => member(member(event, "object"), "code") === 410)).toBe(true));
    const after = await createNamespace(api, "expired");
    await comesTrue(() => expect(informer.cache.get("", after)).toBeDefined());
    expect(informer.cache.get("", before)).toBeDefined();
  } finally {
    stop.abort();
    await running;
  }
});
