import { describe, expect, test } from "vitest";
import { effectiveAwsName, namespaceInName, standardAwsName } from "./aws-names.ts";

test.each([
  ["Mesh", "main"],
  ["VirtualNode", "main_shop"],
  ["VirtualRouter", "main_shop"],
  ["VirtualGateway", "main_shop"],
  ["GatewayRoute", "main_shop"],
  ["VirtualService", "main.shop"],
] as const)("a %s without awsName is called %s", (kind, name) => {
  expect(standardAwsName(kind, "main", "shop")).toBe(name);
  expect(effectiveAwsName(kind, { name: "main", namespace: "shop" }, "")).toBe(name);
  expect(effectiveAwsName(kind, { name: "main", namespace: "shop" }, "other")).toBe("other");
});

describe("a name speaks of a namespace", () => {
  test.each([
    ["VirtualNode", "web_shop", "shop"],
    ["VirtualNode", "a_b_shop", "shop"],
    ["VirtualNode", "web", undefined],
    ["VirtualNode", "web_", undefined],
    ["VirtualNode", "_shop", undefined],
    ["VirtualService", "web.shop", "shop"],
    ["VirtualService", "web.shop.svc", "shop"],
    ["VirtualService", "Web.Shop.svc.cluster.local.", "shop"],
    ["VirtualService", "web", undefined],
    ["VirtualService", "api.example.com", undefined],
    ["Mesh", "a_b", undefined],
  ] as const)("%s %s: %s", (kind, name, namespace) => {
    expect(namespaceInName(kind, name)).toBe(namespace);
  });
});
