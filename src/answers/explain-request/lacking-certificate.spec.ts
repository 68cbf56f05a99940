import { expect, test } from "vitest";
import type { MeshGraph, ViewRef } from "../../graph/graph.ts";
import type { Problem, ProblemCode } from "../../graph/problem.ts";
import { lackingCertificate } from "./lacking-certificate.ts";

const NODE: ViewRef = { kind: "VirtualNode", namespace: "shop", name: "cart" };
const LISTENERS = [8080, 8443].map((port) => ({ portMapping: { port, protocol: "http" } }));

/** A node with two listeners, and one problem. */
function graphOf(code: ProblemCode, path: string): MeshGraph {
  const problem: Problem = { code, object: NODE, path, message: "nobody signs", help: "name it" };
  const object = { kind: "VirtualNode", spec: { listeners: LISTENERS } };
  return { object: () => object, problems: () => [problem] } as unknown as MeshGraph;
}

test.each<[string, ProblemCode, string, boolean]>([
  ["without a name has none, whichever listener it is said of", "certificate-name", "spec.listeners[0]", true],
  ["whose Secret cannot be used has none", "certificate-secret", "spec.listeners[1]", true],
  ["has one where the Secret is another listener's", "certificate-secret", "spec.listeners[0]", false],
  ["has one where something else is wrong", "bad-health-check", "spec.listeners[1]", false],
])("a listener %s", (_, code, at, lacks) => {
  const found = lackingCertificate(NODE, 8443, graphOf(code, `${at}.tls.certificate.acm`));
  expect(found).toEqual(lacks ? { why: `nobody signs (${code})`, help: "name it" } : undefined);
});
