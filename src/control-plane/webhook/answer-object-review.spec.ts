import { Registry } from "prom-client";
import { beforeEach, describe, expect, test } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode, put, putNamespace } from "../../../test/mesh-objects.ts";
import type { HttpAnswer } from "../../admission/answer.ts";
import { admissionMetrics } from "../../admission/metrics.ts";
import { MeshGraph } from "../../graph/graph.ts";
import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { type JsonObject, member, objectOf } from "../../model/json.ts";
import { processLog } from "../../serving/log.ts";
import { MUTATE_PATH, type ObjectAnswering, objectReviewAnswerer, VALIDATE_PATH } from "./answer-object-review.ts";

const NODE = {
  apiVersion: "appmesh.k8s.aws/v1beta2",
  kind: "VirtualNode",
  metadata: { name: "web", namespace: "shop" },
  spec: { podSelector: {} },
};
const MESH = {
  metadata: { name: "main", uid: "uid-of-main" },
  spec: { namespaceSelector: { matchLabels: { mesh: "main" } } },
};

let graph: MeshGraph;
let asked: string[];
/** Answers of the API server by the beginning of their paths. */
let server: Record<string, JsonObject | KubeError>;

beforeEach(() => {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  asked = [];
  server = {};
});

function answering(changes: Partial<ObjectAnswering> = {}): ObjectAnswering {
  const client = {
    get: (path: string) => {
      asked.push(path);
      const [, found] = Object.entries(server).find(([start]) => path.startsWith(start)) ?? [];
      const missing = new KubeError("status", "not found", { status: 404 });
      const answer = found ?? missing;
      return answer instanceof KubeError ? Promise.reject(answer) : Promise.resolve(answer);
    },
  } as unknown as KubeClient;
  return {
    graph,
    asking: { client, signal: new AbortController().signal },
    guards: "warn",
    log: processLog("silent", { write: () => {} }).log,
    metrics: admissionMetrics(new Registry()),
    ...changes,
  };
}

function body(request: JsonObject): Buffer {
  return Buffer.from(
    JSON.stringify({ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: { uid: "u", ...request } }),
  );
}

const KIND = { group: "appmesh.k8s.aws", version: "v1beta2", kind: "VirtualNode" };
const CREATE = { operation: "CREATE", kind: KIND, namespace: "shop", name: "web", object: NODE };

async function ask(path: string, request: JsonObject, parts = answering()): Promise<HttpAnswer> {
  return await objectReviewAnswerer(parts).answer(body(request), path);
}

function responseOf({ body: parts }: HttpAnswer): JsonObject {
  return objectOf((JSON.parse(parts.join("")) as JsonObject)["response"]);
}

function patchOf(answer: HttpAnswer): unknown {
  const { patch } = responseOf(answer);
  return typeof patch === "string" ? JSON.parse(Buffer.from(patch, "base64").toString()) : patch;
}

describe("a new object", () => {
  test("gets its fields by what is known", async () => {
    graph.apply([putNamespace(aNamespace("shop")), put(aMeshObject("main"))]);
    expect(patchOf(await ask(MUTATE_PATH, CREATE))).toEqual([
      { op: "add", path: "/spec/awsName", value: "web_shop" },
      { op: "add", path: "/spec/meshRef", value: { name: "main", uid: "uid-of-main" } },
    ]);
    expect(responseOf(await ask(VALIDATE_PATH, CREATE))).toMatchObject({ uid: "u", allowed: true });
    expect(asked).toEqual([]);
  });

  test("whose Mesh was applied a moment before is asked about where it is known", async () => {
    server = {
      "/api/v1/namespaces/shop": { metadata: { name: "shop", labels: { mesh: "main" } } },
      "/apis/appmesh.k8s.aws/v1beta2/meshes": { items: [MESH] },
    };
    expect(patchOf(await ask(MUTATE_PATH, CREATE))).toContainEqual({
      op: "add",
      path: "/spec/meshRef",
      value: { name: "main", uid: "uid-of-main" },
    });
    expect(responseOf(await ask(VALIDATE_PATH, CREATE))).toMatchObject({ allowed: true });
    expect(asked).toHaveLength(4);
  });

  test("is refused where the API server says so too", async () => {
    server = { "/api/v1/namespaces/shop": { metadata: {} }, "/apis/": { items: [MESH] } };
    const response = responseOf(await ask(VALIDATE_PATH, CREATE));
    expect(response["allowed"]).toBe(false);
    expect(member(response["status"], "message")).toBe(
      "outrigger: no Mesh selects namespace shop; label the namespace as a Mesh's namespaceSelector wants it: main wants mesh=main (no-mesh)",
    );
  });

  test("goes through without its mesh where the API server does not answer", async () => {
    server = { "/": new KubeError("timeout", "nothing came") };
    expect(patchOf(await ask(MUTATE_PATH, CREATE))).toEqual([{ op: "add", path: "/spec/awsName", value: "web_shop" }]);
    expect(responseOf(await ask(VALIDATE_PATH, CREATE))).toMatchObject({ allowed: true });
  });

  test("whose name the API server makes later is left alone", async () => {
    const object = { ...NODE, metadata: { generateName: "web-" } };
    expect(patchOf(await ask(MUTATE_PATH, { ...CREATE, name: "", object }))).toBeUndefined();
  });
});

describe("a deletion", () => {
  const DELETE = { operation: "DELETE", kind: { ...KIND, kind: "Mesh" }, name: "main", oldObject: MESH, object: null };
  beforeEach(() => {
    graph.apply([putNamespace(aNamespace("shop")), put(aMeshObject("main")), put(aVirtualNode("shop/web", []))]);
  });

  test("is warned of by what is known, without asking", async () => {
    const { allowed, warnings } = responseOf(await ask(VALIDATE_PATH, DELETE));
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      "Mesh/main still has VirtualNode/shop/web, which App Mesh wanted to be deleted first (deletion-guard)",
    ]);
    expect(asked).toEqual([]);
  });

  test("is refused only where what is in the way is there now", async () => {
    const parts = () => answering({ guards: "refuse" });
    server = { "/apis/": { items: [NODE] } };
    expect(responseOf(await ask(VALIDATE_PATH, DELETE, parts()))).toMatchObject({ allowed: false });
    server = { "/apis/": { items: [] } };
    expect(responseOf(await ask(VALIDATE_PATH, DELETE, parts()))).toMatchObject({ allowed: true });
    server = { "/apis/": new KubeError("timeout", "nothing came") };
    expect(responseOf(await ask(VALIDATE_PATH, DELETE, parts()))).toMatchObject({ allowed: true });
  });
});

describe("what is no review of an App Mesh object", () => {
  test.each<[string, JsonObject]>([
    ["another group", { ...CREATE, kind: { ...KIND, group: "" } }],
    ["another kind", { ...CREATE, kind: { ...KIND, kind: "Route" } }],
    ["a subresource", { ...CREATE, subResource: "status" }],
    ["another operation", { ...CREATE, operation: "CONNECT" }],
  ])("%s goes through unchanged", async (_, request) => {
    for (const path of [MUTATE_PATH, VALIDATE_PATH]) {
      const answer = await ask(path, request);
      expect(responseOf(answer)).toMatchObject({ uid: "u", allowed: true });
      expect(patchOf(answer)).toBeUndefined();
    }
  });

  test.each<[string, JsonObject]>([
    ["a creation without the object", { ...CREATE, object: null }],
    ["an update without the old object", { ...CREATE, operation: "UPDATE" }],
  ])("%s is refused in words", async (_, request) => {
    const response = responseOf(await ask(VALIDATE_PATH, request));
    expect(response["allowed"]).toBe(false);
    expect(member(response["status"], "message")).toContain("expected the VirtualNode (missing-object)");
  });

  test.each(["", "[]", "{", '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v2","request":{"uid":"u"}}'])(
    "%j is a bad request",
    async (text) => {
      const answer = await objectReviewAnswerer(answering()).answer(Buffer.from(text), VALIDATE_PATH);
      expect(answer.status).toBe(400);
    },
  );

  test("a body that nests without end is denied before it is read", async () => {
    const object = `${"[".repeat(1000)}${"]".repeat(1000)}`;
    const text = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","object":${object}}}`;
    const answer = await objectReviewAnswerer(answering()).answer(Buffer.from(text), VALIDATE_PATH);
    expect(responseOf(answer)).toMatchObject({ uid: "u", allowed: false });
  });
});

test("a mistake of ours is an error of the server, which the failure policy lets through, and not a denial", async () => {
  const broken = {
    tried: () => {
      throw new Error("a bug");
    },
    inTheWay: () => [],
  };
  const answer = await ask(VALIDATE_PATH, CREATE, answering({ graph: broken }));
  expect(answer.status).toBe(500);
  expect(answer.body.join("")).not.toContain("a bug");
});
