import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { calls } from "./calls.ts";
import { reloaded } from "./envoy-statistics.ts";
import { podsOf } from "./pods-of.ts";
import { gone, howto, started } from "./walkthrough.ts";

const REQUESTS = 100;

/** What stands in the way of the first outside AWS is its Ingress, in a group that Kubernetes no longer has. */
const ALB = HAS_CORPUS ? howto("alb").filter(({ kind }) => kind !== "Ingress") : [];
/** The account of the second is made by a tool of EKS beforehand. */
const FARGATE = HAS_CORPUS ? [...howto("fargate"), serviceAccount("howto-k8s-fargate")] : [];

function serviceAccount(namespace: string): JsonObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "appmesh-pod", namespace } };
}

describe.skipIf(!HAS_CORPUS)(`howto-k8s-alb without its Ingress and howto-k8s-fargate${CORPUS_NOTE}`, () => {
  let alb: TestNamespace;
  let fargate: TestNamespace;

  beforeAll(async () => {
    await installed();
    [alb, fargate] = await Promise.all([started(ALB), started(FARGATE)]);
  });

  afterAll(() => Promise.all([gone(ALB), gone(FARGATE)]));

  /** How many of the requests at front came to `blue`; all others came to `green`. */
  async function atBlue(namespace: TestNamespace): Promise<number> {
    const url = `http://front.${namespace.name}.svc.cluster.local:8080/color`;
    const answers = await calls(
      namespace,
      "curler",
      Array.from({ length: REQUESTS }, () => ({ url })),
    );
    expect(answers.filter(({ status, body }) => status !== 200 || (body !== "blue" && body !== "green"))).toEqual([]);
    return answers.filter(({ body }) => body === "blue").length;
  }

  test("weights of 1 and 1 are halves, for five fronts and for one", async () => {
    // five standard deviations: a failure by chance comes once in a million
    for (const count of await Promise.all([atBlue(alb), atBlue(fargate)])) {
      expect(count).toBeGreaterThan(25);
      expect(count).toBeLessThan(75);
    }
  });

  test("weights of 9 and 1, set while all run, are nine tenths and one, and no pod was restarted", async () => {
    const before = await podsOf(fargate);
    await reloaded(fargate, "app=front", "egress", () => {
      const patch = [{ op: "replace", path: "/spec/routes/0/httpRoute/action/weightedTargets/0/weight", value: 9 }];
      return fargate.kubectl(
        "patch",
        "virtualrouters.appmesh.k8s.aws",
        "color",
        "--type=json",
        `--patch=${JSON.stringify(patch)}`,
      );
    });
    const count = await atBlue(fargate);
    expect(count).toBeGreaterThan(75);
    expect(count).toBeLessThan(REQUESTS);
    expect(await podsOf(fargate)).toEqual(before);
  });
});
