import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "./json.ts";
import type { Kind } from "./kinds.ts";
import { parseObject } from "./parse-object.ts";

function raw(kind: Kind, spec: Json, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: "appmesh.k8s.aws/v1beta2",
    kind,
    metadata: { name: "web", namespace: "shop", ...metadata },
    spec,
  };
}

function parsed(object: JsonObject) {
  const result = parseObject(object);
  if (result.kind === "refused") throw new Error(JSON.stringify(result.problems));
  return result.object;
}

function problems(object: JsonObject): readonly string[] {
  const result = parseObject(object);
  return result.kind === "parsed" ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}

const listener = (port: Json, protocol: Json = "http") => ({ portMapping: { port, protocol } });

describe("an object is read", () => {
  test("with what it says and nothing else", () => {
    const spec = { listeners: [listener(8080)], serviceDiscovery: { dns: { hostname: "web.shop" } } };
    expect(parsed(raw("VirtualNode", spec)).spec).toEqual(spec);
  });

  test("without a spec, and with members that are null, as the API server does", () => {
    expect(parsed(raw("VirtualService", null)).spec).toEqual({});
    expect(parsed(raw("VirtualService", { awsName: null, provider: { virtualNode: null } })).spec).toEqual({
      provider: {},
    });
  });

  test("with its metadata", () => {
    const metadata = {
      uid: "u",
      generation: 3,
      labels: { a: "b" },
      finalizers: ["f"],
      creationTimestamp: "2026-01-01T00:00:00Z",
      deletionTimestamp: "2026-01-02T00:00:00Z",
    };
    expect(parsed(raw("Mesh", {}, metadata)).metadata).toMatchObject({
      name: "web",
      namespace: "",
      uid: "u",
      generation: 3,
      labels: { a: "b" },
      finalizers: ["f"],
      created: "2026-01-01T00:00:00Z",
      deleting: true,
    });
  });

  test("with its conditions; a status that does not fit counts as none", () => {
    const conditions = [{ type: "MeshActive", status: "True" }];
    const status = { conditions, observedGeneration: 2, meshARN: "arn" };
    expect(parsed({ ...raw("Mesh", {}), status })).toMatchObject({ conditions, observedGeneration: 2 });
    expect(parsed({ ...raw("Mesh", {}), status: { conditions: "x" } }).conditions).toEqual([]);
  });

  test("with numbers that JavaScript cannot hold exactly", () => {
    const text = JSON.stringify(raw("VirtualRouter", {})).replace(
      '"spec":{}',
      '"spec":{"listeners":[{"portMapping":{"port":80,"protocol":"http"}}],"routes":[{"name":"r","httpRoute":{"match":{"prefix":"/","port":9223372036854775807},"action":{"weightedTargets":[{"weight":1}]}}}]}',
    );
    expect(problems(JSON.parse(text) as JsonObject)).toEqual([]);
  });

  test("and its unknown fields are named, with what helps", () => {
    const spec = {
      listeners: [{ ...listener(80), healthcheck: {} }],
      serviceDiscovery: { dns: { hostname: "a" } },
      tracing: 1,
    };
    expect(parsed(raw("VirtualNode", spec)).unknownFields).toEqual([
      { path: "spec.listeners[0].healthcheck", help: "perhaps healthCheck was meant", widens: undefined },
      { path: "spec.tracing", help: "remove it", widens: undefined },
    ]);
  });

  test("and names that JavaScript gives a meaning to are ordinary names", () => {
    const spec = JSON.parse(
      '{"namespaceSelector":{"matchLabels":{"constructor":"a"}},"toString":1,"__proto__":{"awsName":"x"}}',
    );
    const { spec: read, unknownFields } = parsed(raw("Mesh", spec as Json));
    expect(read).toEqual({ namespaceSelector: { matchLabels: { constructor: "a" } } });
    expect(unknownFields.map(({ path }) => path)).toEqual(["spec.toString", "spec.__proto__"]);
  });
});

describe("an object is refused, with the place", () => {
  test.each<[string, JsonObject, readonly string[]]>([
    [
      "a number of the wrong kind",
      raw("VirtualNode", { listeners: [listener("http"), listener(70_000), listener(1.5)] }),
      [
        'spec.listeners[0].portMapping.port: expected a whole number, found "http"',
        "spec.listeners[1].portMapping.port: expected a whole number from 1 to 65535, found 70000",
        "spec.listeners[2].portMapping.port: expected a whole number from 1 to 65535, found 1.5",
      ],
    ],
    [
      "an unknown word",
      raw("Mesh", { egressFilter: { type: "ALLOW" } }),
      ['spec.egressFilter.type: expected one of ALLOW_ALL, DROP_ALL, found "ALLOW"'],
    ],
    [
      "what is missing",
      raw("VirtualService", { provider: { virtualNode: { virtualNodeRef: {} } } }),
      ["spec.provider.virtualNode.virtualNodeRef.name: expected a text, found nothing"],
    ],
    [
      "too many entries",
      raw("VirtualRouter", {
        routes: [
          { name: "r", tcpRoute: { action: { weightedTargets: Array.from({ length: 11 }, () => ({ weight: 1 })) } } },
        ],
      }),
      ["spec.routes[0].tcpRoute.action.weightedTargets: expected at most 10 entries, found a list"],
    ],
    [
      "too few entries",
      raw("VirtualRouter", { listeners: [] }),
      ["spec.listeners: expected at least 1 entry, found an empty list"],
    ],
    ["null in a list", raw("VirtualNode", { backends: [null] }), ["spec.backends[0]: expected an object, found null"]],
    [
      "a text that is too long, in characters",
      raw("VirtualNode", { logging: { accessLog: { file: { path: "😀".repeat(256) } } } }),
      [`spec.logging.accessLog.file.path: expected 1 to 255 characters, found "${"😀".repeat(39)}\uFFFD…`],
    ],
    [
      "another kind",
      { apiVersion: "v1", kind: "Pod" },
      [': expected an App Mesh object (appmesh.k8s.aws/v1beta2), found "Pod" of "v1"'],
    ],
    [
      "a kind in another case",
      { apiVersion: "appmesh.k8s.aws/v1beta2", kind: "virtualNode" },
      [
        ': expected an App Mesh object (appmesh.k8s.aws/v1beta2), found "virtualNode" of "appmesh.k8s.aws/v1beta2": perhaps VirtualNode was meant',
      ],
    ],
    [
      "a kind that is like none",
      { apiVersion: "appmesh.k8s.aws/v1beta2", kind: "Pod" },
      [': expected an App Mesh object (appmesh.k8s.aws/v1beta2), found "Pod" of "appmesh.k8s.aws/v1beta2"'],
    ],
    [
      "an older version",
      { apiVersion: "appmesh.k8s.aws/v1beta1", kind: "Mesh" },
      [
        ': expected an App Mesh object (appmesh.k8s.aws/v1beta2), found "Mesh" of "appmesh.k8s.aws/v1beta1": write it as appmesh.k8s.aws/v1beta2, whose fields may be others',
      ],
    ],
    [
      "a reference without what only the webhook knows",
      raw("GatewayRoute", { meshRef: { name: "main" }, virtualGatewayRef: { name: "edge", uid: 5 } }),
      [
        "spec.meshRef.uid: expected a text, found nothing: leave meshRef out, which is written when the object is created",
        "spec.virtualGatewayRef.uid: expected a text, found 5: write it in quotes",
      ],
    ],
    [
      "generateName, by which nobody can refer to it",
      raw("Mesh", {}, { name: "", generateName: "main-" }),
      ["metadata.name: expected a name, found generateName alone"],
    ],
    ["no name", raw("Mesh", {}, { name: "" }), ["metadata.name: expected a name, found none"]],
  ])("%s", (_, object, expected) => {
    expect(problems(object)).toEqual(expected);
  });

  test("with the fields that nobody knows, which may be the reason", () => {
    const result = parseObject(raw("VirtualNode", { serviceDiscovery: { dns: { hostName: "web.shop" } } }));
    expect(result).toMatchObject({
      kind: "refused",
      problems: [{ path: "spec.serviceDiscovery.dns.hostname", message: "expected a text, found nothing" }],
      unknownFields: [{ path: "spec.serviceDiscovery.dns.hostName", help: "perhaps hostname was meant" }],
    });
  });

  test("a text at the bound in characters is not too long", () => {
    expect(problems(raw("VirtualNode", { logging: { accessLog: { file: { path: "😀".repeat(255) } } } }))).toEqual([]);
  });

  test("what is nested too deep, before anything walks into it", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(70)}1${"}".repeat(70)}`) as JsonObject;
    expect(problems(raw("Mesh", deep))).toEqual([": the object is too large: nested deeper than 64 levels"]);
  });

  test("what is too large", () => {
    expect(problems(raw("Mesh", { awsName: "x".repeat(3 << 20) }))[0]).toContain("more than 2097152 characters");
    expect(problems(raw("Mesh", { a: Array.from({ length: 200_001 }, () => 1) }))[0]).toContain(
      "more than 200000 values",
    );
  });
});
