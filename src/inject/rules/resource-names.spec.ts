import { expect, test } from "vitest";
import { aMesh, aNode, aPod, appmesh, injected, labelled } from "../../../test/pods.ts";

const POD = aPod(labelled({ app: "cart" }));

test.each([
  { awsName: "a/virtualNode/b", problem: '"a/virtualNode/b" contains a slash, expected a plain name' },
  { awsName: "a\0OUTRIGGER_POD_IP\0", problem: "it contains a control character, expected a plain name" },
  { awsName: "a".repeat(256), problem: "it has 256 characters, expected at most 255" },
])("a node's awsName that would break the resource path is a denial: $problem", ({ awsName, problem }) => {
  const node = injected(POD, { virtualNodes: [aNode("cart", { awsName })] }).result;
  expect(node).toMatchObject({ outcome: "deny", reason: "bad-pod" });
  expect(node.message).toBe(`the name of the pod's VirtualNode cart cannot be used: ${problem}; correct that object`);
  const gateway = injected(POD, { virtualGateways: [aNode("cart", { awsName })] }).result;
  expect(gateway.message).toMatch(/^the name of the pod's VirtualGateway cart cannot be used: /);
});

test("a mesh's awsName and owner are looked at too", () => {
  const reason = (facts: Parameters<typeof aMesh>[1]) =>
    injected(POD, {
      virtualNodes: [aNode("cart", { meshRef: "m" })],
      meshes: [aMesh("m", facts)],
      configuration: { accountId: "000000000000", meshName: "" },
    }).result.message;
  expect(reason({ awsName: "a/b" })).toBe(
    `the name of the pod's Mesh cannot be used: "a/b" contains a slash, expected a plain name; correct that object`,
  );
  expect(reason({ meshOwner: "1/2" })).toMatch(/^the owner of the pod's Mesh cannot be used: "@1\/2" contains a slash/);
  expect(reason({ meshOwner: "111111111111" })).toMatch(/^the pod becomes mesh\/m@111111111111\//);
});

test("any other text is a name", () => {
  const awsName = 'ünï "quoted" $(HOME) \\ name';
  expect(injected(POD, { virtualNodes: [aNode("cart", { awsName })] }).result.outcome).toBe("inject");
  expect(injected(aPod(appmesh({ virtualNode: "a".repeat(255) }))).result.outcome).toBe("inject");
});
