import { expect, test } from "vitest";
import { aVirtualNode, meshObject } from "../../test/mesh-objects.ts";
import type { JsonObject } from "../model/json.ts";
import type { MeshObject } from "../model/mesh-object.ts";
import { acceptedAs } from "./accepted-as.ts";

const ARN = "arn:aws:appmesh:us-west-2:000000000000:mesh/main/virtualNode/web_shop";
const TRUE = [{ type: "Accepted", status: "True" }];
const web = aVirtualNode("shop/web", [80]);

function withStatus(object: MeshObject, conditions: readonly JsonObject[], arns: JsonObject): MeshObject {
  return { ...object, conditions, arns } as unknown as MeshObject;
}

test.each(["Accepted", "VirtualNodeActive"])("an object was what its ARN says where %s is true", (type) => {
  const seen = acceptedAs(withStatus(web, [{ type, status: "True" }], { virtualNodeARN: ARN }));
  expect(seen).toMatchObject({ mesh: "main", name: "web_shop" });
});

test("a gateway route was one of its gateway", () => {
  const gatewayRouteARN = `${ARN.replace("virtualNode/web_shop", "virtualGateway/edge_shop")}/gatewayRoute/one`;
  const seen = acceptedAs(withStatus(meshObject("GatewayRoute", "shop/one"), TRUE, { gatewayRouteARN }));
  expect(seen).toMatchObject({ mesh: "main", parent: "edge_shop", name: "one" });
});

test.each<[string, readonly JsonObject[], JsonObject]>([
  ["no status", [], {}],
  ["an ARN alone", [], { virtualNodeARN: ARN }],
  ["a condition that is false", [{ type: "Accepted", status: "False" }], { virtualNodeARN: ARN }],
  ["a condition of somebody else", [{ type: "Checked", status: "True" }], { virtualNodeARN: ARN }],
  ["no ARN", TRUE, {}],
  ["an ARN of another field", TRUE, { meshARN: ARN }],
  ["an ARN of another kind", TRUE, { virtualNodeARN: ARN.replace("virtualNode", "virtualRouter") }],
  ["an ARN of something else", TRUE, { virtualNodeARN: "arn:aws:s3:::bucket" }],
])("%s shows nothing", (_, conditions, arns) => {
  expect(acceptedAs(withStatus(web, conditions, arns))).toBeUndefined();
});

test("no status of a BackendGroup shows anything", () => {
  expect(acceptedAs(withStatus(meshObject("BackendGroup", "shop/all"), TRUE, { virtualNodeARN: ARN }))).toBeUndefined();
});
