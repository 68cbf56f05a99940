import { describe, expect, test } from "vitest";
import { KubeError } from "../kube/kube-error.ts";
import { kubeFailure } from "./kube-failure.ts";

const refusedWith = (status: number, words: string) =>
  kubeFailure(new KubeError("status", `GET /apis/apps/v1/deployments: status ${status}: ${words}`, { status }));

describe("a failed call to the Kubernetes API", () => {
  test("for which a right is missing names the right and what helps, without the path", () => {
    const words =
      'deployments.apps is forbidden: User "system:serviceaccount:a:b" cannot list resource "deployments" in API group "apps" at the cluster scope';
    expect(refusedWith(403, words)).toEqual({
      text: 'not allowed: User "system:serviceaccount:a:b" cannot list resource "deployments" in API group "apps" at the cluster scope; ask an administrator for that right, or choose another --context',
      exitCode: 3,
    });
  });

  test.each([
    ["of a webhook", 'admission webhook "x" denied the request: no'],
    ["of a policy", "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"],
    ["without words", ""],
  ])("that is a refusal %s is said as it came", (_what, words) => {
    expect(refusedWith(403, words)).toEqual({
      text: `GET /apis/apps/v1/deployments: status 403: ${words}`,
      exitCode: 3,
    });
  });

  test("by somebody who is not known says that it is about the credentials", () => {
    const { text, exitCode } = refusedWith(401, "Unauthorized");
    expect(text).toContain("does not accept the credentials of this kubeconfig: log in again");
    expect(text).toContain("status 401: Unauthorized");
    expect(exitCode).toBe(3);
  });

  test("that names what is not there is a wrong command line", () => {
    expect(kubeFailure(new KubeError("no-such-name", "there is no namespace shopp"))).toEqual({
      text: "there is no namespace shopp",
      exitCode: 2,
    });
  });

  test.each(["no-cluster", "unreachable", "timeout", "malformed"] as const)(
    "of code %s is no fault of the caller",
    (code) => {
      expect(kubeFailure(new KubeError(code, "why"))).toEqual({ text: "why", exitCode: 3 });
    },
  );
});
