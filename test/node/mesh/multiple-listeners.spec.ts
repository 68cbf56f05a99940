import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { CORPUS_NOTE, HAS_CORPUS, walkthroughObjects } from "../../corpus.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { calls } from "./calls.ts";
import { clusterCounters } from "./envoy-statistics.ts";
import { APP_IMAGE, gone, started } from "./walkthrough.ts";

const NAMESPACE = "colors";
const PORTS = [8080, 8090];

/** The manifest, and a node for the pod `curler`, which calls the service as its backend too. */
const MANIFEST = HAS_CORPUS ? [...ofAws(), curlerNode()] : [];

function ofAws(): readonly JsonObject[] {
  return walkthroughObjects("multiple-listeners/manifest.yaml", {}).map((object) => {
    const text = JSON.stringify(object).replace(/"public\.ecr\.aws\/[^"]*multiportapp[^"]*"/, `"${APP_IMAGE}"`);
    return JSON.parse(text) as JsonObject;
  });
}

function curlerNode(): JsonObject {
  return {
    apiVersion: "appmesh.k8s.aws/v1beta2",
    kind: "VirtualNode",
    metadata: { name: "curler", namespace: NAMESPACE },
    spec: {
      podSelector: { matchLabels: { app: "curler" } },
      backends: [{ virtualService: { virtualServiceRef: { name: "color-headers" } } }],
    },
  };
}

describe.skipIf(!HAS_CORPUS)(`howto-k8s-multiple-listeners${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    namespace = await started(MANIFEST);
  });

  afterAll(() => gone(MANIFEST));

  test("each listener of the gateway leads to the port that its route names", async () => {
    const answers = ["colors-gw-1", "colors-gw-2"].map(async (service) => {
      const address = await namespace.kubectl("get", "service", service, "--output=jsonpath={.spec.clusterIP}");
      return await (await fetch(`http://${address}/`)).text();
    });
    expect(await Promise.all(answers)).toEqual(PORTS.map((port) => `Hello world ${port}\n`));
  });

  test("each port of the service leads to the node's listener of that port, by that listener's own cluster", async () => {
    const list = PORTS.map((port) => ({ url: `http://color-headers.${NAMESPACE}.svc.cluster.local:${port}/` }));
    const answers = await calls(namespace, "curler", [...list, ...list]);
    const expected = PORTS.map((port) => ({ status: 200, body: `Hello world ${port}` }));
    expect(answers).toEqual([...expected, ...expected]);
    const counters = await clusterCounters(namespace, "app=curler", "upstream_rq_total");
    expect(counters).toEqual(
      Object.fromEntries(PORTS.map((port) => [`cds_egress_colors_multi-colors_colors_http_${port}`, 2])),
    );
  });
});
