import { expect, test } from "vitest";
import { collectionPath, objectPath } from "./object-path.ts";

test.each([
  [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }, "/api/v1/namespaces/shop"],
  [
    { apiVersion: "v1", kind: "Secret", metadata: { namespace: "shop", name: "key" } },
    "/api/v1/namespaces/shop/secrets/key",
  ],
  [
    { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace: "shop", name: "cart" } },
    "/apis/apps/v1/namespaces/shop/deployments/cart",
  ],
  [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "a:b/c" } },
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab%2Fc",
  ],
])("an object is found by its kind, namespace and name", (object, path) => {
  expect(objectPath(object)).toBe(path);
  expect(collectionPath(object)).toBe(path.slice(0, path.lastIndexOf("/")));
});

test.each([
  [{ apiVersion: "v1", kind: "Gizmo", metadata: { name: "a" } }, "no path is known for v1 Gizmo"],
  [{ apiVersion: "v1", kind: "Secret", metadata: { name: "a" } }, "no metadata.namespace"],
  [{ apiVersion: "v1", kind: "Namespace", metadata: {} }, "no metadata.name"],
  [{}, "no path is known"],
])("an object without a place is refused", (object, message) => {
  expect(() => objectPath(object)).toThrow(message);
});
