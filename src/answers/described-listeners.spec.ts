import { describe, expect, test } from "vitest";
import { meshOf } from "../../test/translated-manifest.ts";
import type { MeshObject } from "../model/mesh-object.ts";
import { foundBy, listenersWithTls } from "./described-listeners.ts";

const FILE = "{file: {certificateChain: /certs/tls.crt, privateKey: /certs/tls.key}}";
const TRUST = "{trust: {file: {certificateChain: /certs/ca.crt}}}";

function node(spec: string, annotations = "{}"): MeshObject {
  const text = [
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    "apiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {name: main}\nspec: {namespaceSelector: {}}\n",
    `apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: web, namespace: shop, annotations: ${annotations}}\nspec: ${spec}\n`,
  ].join("---\n");
  const found = meshOf(text).graph.object({ kind: "VirtualNode", namespace: "shop", name: "web" });
  if (found === undefined) throw new Error("the node cannot be read");
  return found;
}

const listener = (port: number, more = "") => `{portMapping: {port: ${port}, protocol: http}${more}}`;

test("listeners that speak TLS are those with a mode that does, each with what it asks of clients", () => {
  const listeners = [
    listener(8080),
    listener(8081, `, tls: {mode: DISABLED, certificate: ${FILE}}`),
    listener(8443, `, tls: {mode: STRICT, certificate: ${FILE}, validation: ${TRUST}}`),
    listener(8444, `, tls: {mode: PERMISSIVE, certificate: ${FILE}}`),
  ];
  expect(listenersWithTls(node(`{listeners: [${listeners.join(", ")}]}`))).toEqual([
    { port: 8443, mode: "STRICT", asksClients: true },
    { port: 8444, mode: "PERMISSIVE", asksClients: false },
  ]);
});

describe("a node is found", () => {
  const CLOUD_MAP =
    "awsCloudMap: {namespaceName: prod.local, serviceName: web, attributes: [{key: color, value: blue}]}";
  test.each([
    ["by DNS", "{serviceDiscovery: {dns: {hostname: web.shop}}}", "{}", "DNS web.shop"],
    [
      "by Cloud Map, with its attributes",
      `{serviceDiscovery: {${CLOUD_MAP}}}`,
      "{}",
      "Cloud Map web.prod.local, color=blue",
    ],
    [
      "by Cloud Map where both stand",
      `{serviceDiscovery: {dns: {hostname: web.shop}, ${CLOUD_MAP}}}`,
      "{}",
      "Cloud Map web.prod.local, color=blue",
    ],
    [
      "by its annotation before both",
      `{listeners: [${listener(8080)}], serviceDiscovery: {dns: {hostname: web.shop}}}`,
      '{outrigger.dev/endpoints: "10.0.0.1:8080"}',
      "annotation outrigger.dev/endpoints",
    ],
    ["by nothing", "{}", "{}", null],
    ["by nothing where the host is empty", '{serviceDiscovery: {dns: {hostname: ""}}}', "{}", null],
  ])("%s", (_, spec, annotations, by) => {
    expect(foundBy(node(spec, annotations))).toBe(by);
  });
});
