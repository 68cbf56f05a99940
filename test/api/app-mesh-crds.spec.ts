import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { apiRefusals } from "../../src/model/api-refusals.ts";
import { isObject, type Json, type JsonObject, listOf, member, objectOf, stringOf } from "../../src/model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, KINDS, type Kind } from "../../src/model/kinds.ts";
import { parseObject } from "../../src/model/parse-object.ts";
import type { ObjectRule } from "../../src/model/rules.ts";
import { oldWebhookRefuses } from "../app-mesh-webhook-rules.ts";
import { CORPUS_NOTE, corpusCrds, corpusMeshObjects, HAS_CORPUS } from "../corpus.ts";
import { objectsFor } from "../schema-objects.ts";
import { installCrds } from "./custom-resources.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { until } from "./until.ts";

const run = promisify(execFile);
/** For one kind, of App Mesh's schema and of ours each. */
const SAMPLES = 120;

let cluster: OwnCluster;

beforeAll(async () => {
  cluster = await startOwnCluster();
}, 300_000);

afterAll(() => cluster?.stop());

function kindOf(object: JsonObject): Kind {
  return stringOf(object.kind) as Kind;
}

function collection(kind: Kind): string {
  const { plural, scope } = KIND_FACTS[kind];
  return `/apis/${APPMESH_API_VERSION}/${scope === "Cluster" ? "" : "namespaces/default/"}${plural}`;
}

/** Why the API server would not store each object; undefined where it would. */
async function refusals(objects: readonly JsonObject[]): Promise<readonly (string | undefined)[]> {
  const answers: (string | undefined)[] = [];
  for (let at = 0; at < objects.length; at += 50) {
    const batch = objects.slice(at, at + 50).map(async (object) => {
      const answer = await cluster.api.send("POST", `${collection(kindOf(object))}?dryRun=All`, object);
      return answer.status < 300 ? undefined : (stringOf(answer.body.message) ?? `status ${answer.status}`);
    });
    answers.push(...(await Promise.all(batch)));
  }
  return answers;
}

function samples(): readonly JsonObject[] {
  return [...corpusCrds(), ...customResourceDefinitions()].flatMap((definition, index) =>
    fc.sample(objectsFor(definition, `sample-${index}`), { seed: 20_261_128 + index, numRuns: SAMPLES }),
  );
}

describe.skipIf(!HAS_CORPUS)(`beside App Mesh's own CRDs, ours${CORPUS_NOTE}`, () => {
  test("accept everything that those accept and App Mesh's webhook did not always refuse", async () => {
    const objects = samples();
    await installCrds(cluster.api, corpusCrds());
    const before = await refusals(objects);
    await installOurs();
    const after = await refusals(objects);
    const lost = objects.flatMap((object, index) =>
      before[index] === undefined && after[index] !== undefined && oldWebhookRefuses(object) === undefined
        ? [{ object: JSON.stringify(object), refusal: after[index] }]
        : [],
    );
    expect(lost).toEqual([]);
    // neither side is a foregone conclusion
    for (const kind of KINDS) {
      const accepted = objects.filter((object, index) => object.kind === kind && before[index] === undefined);
      const refused = objects.filter((object, index) => object.kind === kind && before[index] !== undefined);
      expect({ kind, accepted: accepted.length > 20, refused: refused.length > 5 }).toEqual({
        kind,
        accepted: true,
        refused: true,
      });
    }
    // the API server asks no rule about a spec that is not there
    const always = objects.filter(
      (object, index) => before[index] === undefined && object.spec !== null && oldWebhookRefuses(object) !== undefined,
    );
    const letIn = always.filter((object) => after[objects.indexOf(object)] === undefined);
    expect(always.length).toBeGreaterThan(20);
    expect(letIn.map((object) => oldWebhookRefuses(object))).toEqual([]);
  }, 300_000);
});

/** Until the API server goes by them: it takes up a changed schema a moment later. */
async function installOurs(): Promise<void> {
  await installCrds(cluster.api, customResourceDefinitions());
  const probe = { apiVersion: APPMESH_API_VERSION, kind: "Mesh", metadata: { name: "probe" } };
  const spec = { meshServiceDiscovery: { ipPreference: "IPv4_PREFERRED" } };
  await until(async () => (await refusals([{ ...probe, spec }]))[0]);
  // the last of them as well
  const group = { kind: "BackendGroup", spec: { virtualservices: [{ name: "x", stray: 1 }] } };
  await until(async () => {
    const path = `${collection("BackendGroup")}?dryRun=All&fieldValidation=Strict`;
    const { status, body } = await cluster.api.send("POST", path, { ...probe, ...group });
    return status < 300 ? undefined : stringOf(body.message);
  });
}

describe("with our CRDs", () => {
  beforeAll(installOurs);

  test("what the API server stores is what our parser reads and refuses nothing of, and the other way round", async () => {
    const definitions = customResourceDefinitions();
    const generated = definitions.flatMap((definition, index) => {
      // of the many parts of a router one is mostly wrong, and then no rule is asked
      const numRuns = definition === definitions[KINDS.indexOf("VirtualRouter")] ? 3 * SAMPLES : SAMPLES;
      return fc.sample(objectsFor(definition, `parsed-${index}`), { seed: 7 + index, numRuns });
    });
    const objects = [...generated, ...generated.filter(({ kind }) => kind === "VirtualRouter").map(withHttp2Routes)];
    const answers = await refusals(objects);
    const differing = objects.flatMap((object, index) => {
      const parsed = parseObject(object);
      const refusal = answers[index];
      const problems = parsed.kind === "refused" ? parsed.problems : apiRefusals(object);
      // the words of rules are the same on both sides
      const isSaid = parsed.kind === "refused" || problems.every(({ message }) => refusal?.includes(message));
      return (refusal !== undefined) === problems.length > 0 && isSaid
        ? []
        : [{ object: JSON.stringify(object), refusal, problems }];
    });
    expect(differing).toEqual([]);
    // each rule was broken by one of them at least
    const broken = new Set(objects.flatMap((object) => apiRefusals(object).map(({ message }) => message)));
    expect([...messagesOf(definitions)].filter((message) => !broken.has(message))).toEqual([]);
  }, 300_000);

  test.each<[string, JsonObject]>([
    ["a name", { name: "a" }],
    ["a name", { name: "a.b-c.d" }],
    ["a name", { name: "a".repeat(253) }],
    ["a name", { name: "a".repeat(254) }],
    ["a name", { name: "Web" }],
    ["a name", { name: "web_1" }],
    ["a name", { name: "-a" }],
    ["a name", { name: "a..b" }],
    ["a name", { name: "a/b" }],
    ["a name", { name: "a%b" }],
    ["a label", { labels: { app: "" } }],
    ["a label", { labels: { "a.b/C_d.e": "F_g.1" } }],
    ["a label", { labels: { "A.b/c": "d" } }],
    ["a label", { labels: { "a/b/c": "d" } }],
    ["a label", { labels: { "": "d" } }],
    ["a label", { labels: { "/a": "d" } }],
    ["a label", { labels: { app: "a b" } }],
    ["a label", { labels: { app: "x".repeat(63) } }],
    ["a label", { labels: { app: "x".repeat(64) } }],
    ["a label", { labels: { ["x".repeat(64)]: "a" } }],
    ["an annotation", { annotations: { "A.B/c_D": "any thing" } }],
    ["an annotation", { annotations: { "a b": "" } }],
    ["an annotation", { annotations: { "a/b/c": "" } }],
    ["an annotation", { annotations: { a: "x".repeat(256 * 1024 - 1) } }],
    ["an annotation", { annotations: { a: "x".repeat(256 * 1024) } }],
  ])("%s is refused by the API server exactly where we say so: %j", async (_, metadata) => {
    const object = {
      apiVersion: APPMESH_API_VERSION,
      kind: "VirtualNode",
      metadata: { name: "named", ...metadata },
      spec: {},
    };
    const [refusal] = await refusals([object]);
    expect({ refusal, refused: apiRefusals(object).length > 0 }).toEqual({ refusal, refused: refusal !== undefined });
  });

  test.each<[string, Kind, JsonObject]>([
    [
      "backendDefaults.clientPolicy.tls.mode",
      "VirtualNode",
      {
        backendDefaults: {
          clientPolicy: { tls: { mode: "STRICT", validation: { trust: { file: { certificateChain: "/a" } } } } },
        },
      },
    ],
    [
      "grpcRoute.match.prefix",
      "VirtualRouter",
      { routes: [{ name: "r", grpcRoute: { match: { prefix: "/" }, action: target() } }] },
    ],
    [
      "tcpRoute.match.prefix",
      "VirtualRouter",
      { routes: [{ name: "r", tcpRoute: { match: { prefix: "/" }, action: target() } }] },
    ],
    [
      "virtualGateway.listeners[].logging",
      "VirtualGateway",
      {
        listeners: [
          { portMapping: { port: 8088, protocol: "http" }, logging: { accessLog: { file: { path: "/dev/stdout" } } } },
        ],
      },
    ],
    ["mesh.spec.tracing", "Mesh", { tracing: { provider: "x" } }],
    [
      "backends[].virtualService.virtualServiceName",
      "VirtualNode",
      { backends: [{ virtualService: { virtualServiceName: "a.b" } }] },
    ],
    [
      "health-check fields directly on a listener",
      "VirtualNode",
      {
        listeners: [{ portMapping: { port: 80, protocol: "http" }, healthyThreshold: 2, path: "/ping" }],
        serviceDiscovery: { dns: { hostname: "a.b" } },
      },
    ],
  ])("plain kubectl apply takes the stray field %s, and it is kept", async (_, kind, spec) => {
    const name = "stray";
    const stored = await applied({ apiVersion: APPMESH_API_VERSION, kind, metadata: { name }, spec });
    expect(stored.spec).toEqual(spec);
    await cluster.api.send("DELETE", `${collection(kind)}/${name}`);
  });

  test("plain kubectl apply takes a Mesh with a namespace", async () => {
    const metadata = { name: "placed", namespace: "default" };
    const stored = await applied({ apiVersion: APPMESH_API_VERSION, kind: "Mesh", metadata, spec: {} });
    expect(member(stored.metadata, "name")).toBe("placed");
  });

  test.each<[string, Kind, JsonObject, JsonObject, string]>([
    ["an AWS name", "Mesh", { awsName: "a" }, { awsName: "b" }, "awsName cannot be changed"],
    ["a Cloud Map service", "VirtualNode", cloudMap("a"), cloudMap("b"), "awsCloudMap cannot be changed"],
    [
      "Cloud Map for DNS",
      "VirtualNode",
      cloudMap("a"),
      { serviceDiscovery: { dns: { hostname: "a" } } },
      "awsCloudMap",
    ],
  ])("%s is not exchanged for another", async (_, kind, spec, changed, message) => {
    const object = { apiVersion: APPMESH_API_VERSION, kind, metadata: { name: "fixed" } };
    const path = `${collection(kind)}/fixed`;
    await cluster.api.apply(path, { ...object, spec });
    await expect(cluster.api.apply(path, { ...object, spec: changed })).rejects.toThrow(message);
    await cluster.api.send("DELETE", path);
  });

  test.each<[string, Kind, JsonObject, JsonObject]>([
    ["an AWS name may be left out", "Mesh", { awsName: "a" }, {}],
    ["and added", "Mesh", {}, { awsName: "a" }],
    ["DNS may become Cloud Map", "VirtualNode", { serviceDiscovery: { dns: { hostname: "a" } } }, cloudMap("a")],
  ])("%s", async (_, kind, spec, changed) => {
    const head = { apiVersion: APPMESH_API_VERSION, kind };
    const created = await cluster.api.create(collection(kind), { ...head, metadata: { name: "free" }, spec });
    const path = `${collection(kind)}/free`;
    const answer = await cluster.api.send("PUT", path, { ...created, spec: changed });
    expect(answer.status, stringOf(answer.body.message) ?? "").toBe(200);
    await cluster.api.send("DELETE", path);
  });

  test.skipIf(!HAS_CORPUS)(`all manifests of the walkthroughs are accepted${CORPUS_NOTE}`, async () => {
    const objects = corpusMeshObjects();
    expect(objects.length).toBeGreaterThan(60);
    const refused = (await refusals(objects.map(inDefault))).flatMap((refusal, index) =>
      refusal === undefined ? [] : [{ refusal, object: objects[index] }],
    );
    expect(refused).toEqual([]);
  });
});

/** The same router with HTTP/2 routes in the place of HTTP routes: rules about them are asked only where there are none of those, which is rare. */
function withHttp2Routes(router: JsonObject): JsonObject {
  const spec = objectOf(router.spec);
  const routes = listOf(spec.routes).map((route): Json => {
    if (!isObject(route)) return route;
    const { httpRoute, ...rest } = route;
    return httpRoute === undefined ? rest : { ...rest, http2Route: httpRoute };
  });
  return { ...router, spec: { ...spec, ...(spec.routes !== undefined && { routes }) } };
}

/** Messages of all rules that are about an object by itself. */
function messagesOf(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  JSON.stringify(value, (key, entry: unknown) => {
    if (key !== "x-kubernetes-validations") return entry;
    for (const { rule, message } of entry as readonly ObjectRule[]) if (!rule.includes("oldSelf")) found.add(message);
    return undefined;
  });
  return found;
}

function target(): JsonObject {
  return { weightedTargets: [{ virtualNodeRef: { name: "n" }, weight: 1 }] };
}

function cloudMap(serviceName: string): JsonObject {
  return { serviceDiscovery: { awsCloudMap: { namespaceName: "local", serviceName } } };
}

function inDefault(object: JsonObject): JsonObject {
  return { ...object, metadata: { name: stringOf(member(object.metadata, "name")) ?? "" } };
}

/** What is stored after `kubectl apply -f`, whose validation is on. */
async function applied(object: JsonObject): Promise<JsonObject> {
  const file = join(tmpdir(), `outrigger-stray-${process.pid}.json`);
  await writeFile(file, JSON.stringify(object));
  const { kubectl } = cluster.provided;
  const { stdout } = await run(kubectl, ["--kubeconfig", cluster.kubeconfig, "apply", "-f", file, "-o", "json"]);
  return JSON.parse(stdout) as JsonObject;
}
