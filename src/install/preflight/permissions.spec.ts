import { expect, test } from "vitest";
import { permissionRefusals, permissionsGranted, permissionsToApply, permissionsToRemove } from "./permissions.ts";

const RBAC = "rbac.authorization.k8s.io/v1";

test("applying takes reading, creating and patching of each kind in each namespace, once", () => {
  const deployment = (name: string) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "n" },
  });
  const place = { group: "apps", resource: "deployments", namespace: "n" };
  expect(permissionsToApply([deployment("a"), deployment("b")])).toEqual([
    { verb: "get", ...place },
    { verb: "create", ...place },
    { verb: "patch", ...place },
  ]);
});

test("a role grants each of its verbs on each of its resources, by name where it has names", () => {
  const rules = [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["s"], verbs: ["get", "patch"] }];
  const role = { apiVersion: RBAC, kind: "Role", metadata: { name: "r", namespace: "n" }, rules };
  expect(permissionsGranted([role, { apiVersion: "v1", kind: "Service", metadata: { name: "x" } }])).toEqual([
    { verb: "get", group: "", resource: "secrets", namespace: "n", name: "s" },
    { verb: "patch", group: "", resource: "secrets", namespace: "n", name: "s" },
  ]);
});

test("what is missing is one refusal with a line for each place", () => {
  const [refusal, ...others] = permissionRefusals([
    { verb: "get", group: "apps", resource: "deployments", namespace: "n" },
    { verb: "create", group: "apps", resource: "deployments", namespace: "n" },
    { verb: "list", group: "", resource: "pods" },
  ]);
  expect(refusal?.reason).toBe(
    "the current user is not allowed to:\n      get, create deployments.apps in namespace n\n      list pods in the whole cluster",
  );
  expect(others).toEqual([]);
  expect(permissionRefusals([])).toEqual([]);
});

test("removing takes no right to create or to grant anything, and deletes Secrets by their names only", () => {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "authority", namespace: "appmesh-system" } };
  const needed = permissionsToRemove(["control-plane"], [secret]);
  expect(new Set(needed.map(({ verb }) => verb))).toEqual(new Set(["get", "list", "delete"]));
  expect(needed.filter(({ resource }) => resource === "secrets")).toEqual([
    { verb: "delete", group: "", resource: "secrets", namespace: "appmesh-system", name: "authority" },
  ]);
  expect(needed).toContainEqual({ verb: "list", group: "", resource: "pods" });
  expect(needed).toContainEqual({ verb: "delete", group: "", resource: "namespaces" });
  expect(new Set(needed.map((permission) => JSON.stringify(permission))).size).toBe(needed.length);
});

test("what is missing for removing has its own remedy", () => {
  const [refusal] = permissionRefusals([{ verb: "delete", group: "", resource: "namespaces" }], "uninstall");
  expect(refusal).toEqual({
    reason: "the current user is not allowed to:\n      delete namespaces in the whole cluster",
    remedy: "uninstall as a cluster administrator, or have one grant this",
  });
});
