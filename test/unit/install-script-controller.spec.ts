import { describe, expect, test } from "vitest";
import { runFunctions } from "./install-script-functions.ts";

/* What scripts/install.sh takes for App Mesh's own controller; its `kubectl` answers with what the jsonpath of each call prints. */

const CLUSTER = `kubectl() { if [[ $2 == deployments ]]; then printf '%s' "$DEPLOYMENTS"; else printf '%s' "$WEBHOOKS"; fi; }`;

const ECR = "840364872350.dkr.ecr.us-west-2.amazonaws.com/amazon/appmesh-controller:v1.13.3";

function check(cluster: { readonly webhooks?: string; readonly deployments?: string }) {
  const environment = { WEBHOOKS: cluster.webhooks ?? "", DEPLOYMENTS: cluster.deployments ?? "" };
  return runFunctions(`${CLUSTER}\ncheck_app_mesh_controller`, environment);
}

describe("App Mesh's own controller", () => {
  test("runs where a pod of it is ready", () => {
    const { code, stderr } = check({ deployments: `appmesh-controller 10 ${ECR}\n` });
    expect(stderr).toContain("controller runs: Deployment appmesh-controller in namespace appmesh-system");
    expect(code).toBe(1);
    expect(check({ deployments: `renamed 1 proxy:1 ${ECR}\n` }).code).toBe(1);
  });

  // readyReplicas is absent then, and registries of AWS begin with the number of an account
  test.each([ECR, "5000.example/appmesh-controller:v1"])("does not run without ready pods: %s", (image) => {
    expect(check({ deployments: `appmesh-controller  ${image}\n` })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(check({ deployments: `appmesh-controller 0 ${image}\n` }).code).toBe(0);
  });

  test("is not what has another name and image", () => {
    expect(check({ deployments: "outrigger-control-plane 2 outrigger/outrigger:0.2.0\n" }).code).toBe(0);
  });

  test.each([
    ["MutatingWebhookConfiguration", "mmesh", "mutatingwebhookconfiguration"],
    ["ValidatingWebhookConfiguration", "vmesh", "validatingwebhookconfiguration"],
  ])("is registered by a %s, which is named with the command that deletes it", (kind, entry, resource) => {
    const { code, stderr } = check({ webhooks: `${kind} appmesh ${entry}.appmesh.k8s.aws={}\n` });
    expect(stderr).toContain(`is registered for App Mesh objects: ${kind} appmesh\n`);
    expect(stderr).toContain(`kubectl delete ${resource} appmesh; or: outrigger install --take-over`);
    expect(code).toBe(1);
  });
});
