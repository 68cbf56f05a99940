import { expect, test } from "vitest";
import { member, objectsOf } from "../../src/model/json.ts";
import { outrigger } from "./command-line.ts";

const APPMESH = "apiVersion: appmesh.k8s.aws/v1beta2\n";
const MESH = `${APPMESH}kind: Mesh\nmetadata: {name: main}\nspec: {namespaceSelector: {matchLabels: {mesh: main}}}\n`;
const NODE = `${APPMESH}kind: VirtualNode
metadata: {name: blue, namespace: shop}
spec:
  listeners: [{portMapping: {port: 80, protocol: http}}]
  serviceDiscovery: {awsCloudMap: {namespaceName: pvt.local, serviceName: blue}}
`;

test("prints stanzas of files, with what was assumed on standard error", async () => {
  const { code, stdout, stderr } = await outrigger(["dns", "-f", "-"], { stdin: `${MESH}---\n${NODE}` });
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^# VirtualNodes shop\/blue\npvt\.local:53 \{\n {4}errors\n {4}hosts \{\n {8}2\d\d\.\S+ blue\.pvt\.local\n/,
  );
  expect(stderr).toMatch(/^note: Namespace shop not among the files: taken to be in Mesh main/);
});

test("prints JSON with zones, services, and the same stanzas", async () => {
  const given = { stdin: `${MESH}---\n${NODE}` };
  const { stdout, stderr } = await outrigger(["dns", "-f", "-", "--output", "json"], given);
  const report = JSON.parse(stdout) as Record<string, never>;
  expect(report).toMatchObject({ format: 1, zones: [{ name: "pvt.local", nodes: ["shop/blue"] }] });
  expect(report["notes"]).toHaveLength(1);
  expect(report["corefile"]).toBe((await outrigger(["dns", "-f", "-"], given)).stdout);
  const [zone] = objectsOf(report["zones"]);
  expect(member(zone, "services")).toEqual([{ name: "blue.pvt.local", address: expect.stringMatching(/^2[45]\d\./) }]);
  expect(stderr).toBe("");
});

test("says where there is nothing to add", async () => {
  const { code, stdout, stderr } = await outrigger(["dns", "-f", "-"], { stdin: MESH });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toBe("no node is found by Cloud Map: there is nothing to add\n");
});

test("ends with 1 where a document cannot be read, and prints the others", async () => {
  const { code, stdout, stderr } = await outrigger(["dns", "-f", "-"], { stdin: `${MESH}---\n${NODE}---\na: [\n` });
  expect(code).toBe(1);
  expect(stdout).toContain("blue.pvt.local");
  expect(stderr).toContain("outrigger: stdin:");
});

test("takes files or a cluster, not both", async () => {
  const { code, stderr } = await outrigger(["dns", "-f", "-", "--context", "x"], { stdin: MESH });
  expect(code).toBe(2);
  expect(stderr).toContain("-f looks at files alone");
});
