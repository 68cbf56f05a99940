import { expect, test } from "vitest";
import { foreignRefusal } from "./foreign-object.ts";

const OURS = { "app.kubernetes.io/managed-by": "outrigger", "outrigger.dev/component": "injector" };
const WANTED = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "n", labels: OURS } };
const stored = (labels: Readonly<Record<string, string>>) => ({ ...WANTED, metadata: { name: "c", labels } });

test("what install made is written again, whatever its release", () => {
  expect(foreignRefusal(WANTED, stored({ ...OURS, "example.com/more": "x" }))).toBeUndefined();
});

test.each([{}, { "app.kubernetes.io/managed-by": "outrigger" }, { "outrigger.dev/component": "injector" }])(
  "what carries %j is not ours, and the refusal says how to hand it over",
  (labels) => {
    expect(foreignRefusal(WANTED, stored(labels))?.remedy).toContain(
      "kubectl label --overwrite configmap c -n n app.kubernetes.io/managed-by=outrigger outrigger.dev/component=injector",
    );
  },
);

test("a namespace of others is welcome, one that is being deleted is not", () => {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } };
  expect(foreignRefusal(namespace, namespace)).toBeUndefined();
  const leaving = { ...namespace, metadata: { name: "n", deletionTimestamp: "2026-01-01T00:00:00Z" } };
  expect(foreignRefusal(namespace, leaving)).toEqual({
    reason: "Namespace n is being deleted",
    remedy: "wait until it is gone: kubectl wait --for=delete namespace/n; if it stays, its status says why",
  });
});

test("what is being deleted is refused whatever it is: the API server would take the change and delete it", () => {
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  const leaving = { ...WANTED, metadata: { ...WANTED.metadata, deletionTimestamp } };
  expect(foreignRefusal(WANTED, leaving)).toEqual({
    reason: "ConfigMap n/c is being deleted",
    remedy: "wait until it is gone: kubectl wait --for=delete configmap/c -n n; if it stays, its status says why",
  });
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "meshes.a" },
  };
  expect(foreignRefusal(crd, crd)).toBeUndefined();
  const refusal = foreignRefusal(crd, { ...crd, metadata: { ...crd.metadata, deletionTimestamp } });
  expect(refusal?.reason).toBe(
    "CustomResourceDefinition meshes.a is being deleted, and with it every object of its kind",
  );
  expect(refusal?.remedy).toContain("kubectl get meshes.a -A -o yaml");
  expect(refusal?.remedy).toContain("outrigger uninstall --purge");
});

test.each([
  ["apps/v1", "Deployment"],
  ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  ["admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"],
])("of another program's %s %s parts would stay: it can only be deleted", (apiVersion, kind) => {
  const wanted = { ...WANTED, apiVersion, kind };
  const remedy = foreignRefusal(wanted, { ...stored({}), apiVersion, kind })?.remedy;
  expect(remedy).toBe(`delete it: kubectl delete ${kind.toLowerCase()} c -n n`);
});

test("a registration of ours with another program's entry is refused, one with our entries of any release is not", () => {
  const registration = (...names: readonly string[]) => ({
    ...stored(OURS),
    kind: "MutatingWebhookConfiguration",
    webhooks: names.map((name) => ({ name })),
  });
  const refusal = (...names: readonly string[]) => {
    const object = registration(...names);
    return foreignRefusal(object, object);
  };
  expect(refusal("pods.inject.outrigger.dev", "former.inject.outrigger.dev")).toBeUndefined();
  expect(refusal("pods.inject.outrigger.dev", "aws-app-mesh-inject.aws.amazon.com")?.reason).toContain(
    "has entries of another program: aws-app-mesh-inject.aws.amazon.com",
  );
});
