import { describe, expect, test } from "vitest";
import { httpRoute, nodeView, routedService, serviceView, targetView, to } from "../../../test/mesh-views.ts";
import { PLAIN_TRAITS } from "../../model/proxy-traits.ts";
import { encodeResource } from "../encode/encode-resource.ts";
import { translateNode } from "./node.ts";

const VIEW = nodeView({
  services: [
    routedService("color", { port: 8080, protocol: "http", routes: [httpRoute("all", [to("blue")])] }),
    serviceView("plain", { kind: "node", target: "green_shop", ports: [9090] }),
  ],
  targets: [targetView("blue"), targetView("green", { listeners: [{ port: 9090 }] })],
});
const CLUSTER = { domain: "cluster.local" };

function originsOf(name: string): readonly string[] | undefined {
  return translateNode(VIEW, PLAIN_TRAITS, CLUSTER)
    .find((resource) => resource.name === name)
    ?.origins.map(({ kind, namespace, name: object }) => `${kind} ${namespace}/${object}`);
}

describe("a resource knows the objects that it came from", () => {
  test.each([
    ["lds_ingress_0.0.0.0_15000", ["VirtualNode shop/front"]],
    ["lds_egress_0.0.0.0_15001", ["VirtualNode shop/front", "Mesh /shop"]],
    ["cds_ingress_shop_front_shop_http_8080", ["VirtualNode shop/front"]],
    ["cds_egress_shop_blue_shop_http_8080", ["VirtualNode shop/blue"]],
    ["cds_egress_shop_amazonaws", ["Mesh /shop"]],
    ["rds_ingress_http_8080", ["VirtualNode shop/front"]],
    [
      "rds_egress_http_8080",
      ["VirtualNode shop/front", "VirtualService shop/color", "VirtualRouter shop/color-router"],
    ],
    ["rds_egress_http_9090", ["VirtualNode shop/front", "VirtualService shop/plain"]],
    ["outrigger_nowhere", []],
  ])("%s", (name, origins) => {
    expect(originsOf(name)).toEqual(origins);
  });
});

test("the cluster of a node has the same bytes for all who call it", () => {
  const other = nodeView({ object: { kind: "VirtualNode", namespace: "shop", name: "other" }, targets: VIEW.targets });
  const [one, two] = [VIEW, other].map((view) => {
    const cluster = translateNode(view, PLAIN_TRAITS, CLUSTER).find(
      ({ name }) => name === "cds_egress_shop_blue_shop_http_8080",
    );
    return cluster && encodeResource(cluster);
  });
  expect(one).toBeDefined();
  expect(two).toBe(one);
});
