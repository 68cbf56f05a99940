import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import { kubectl } from "../kubectl.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { type Answer, call } from "./calls.ts";
import { podsOf } from "./pods-of.ts";
import { gone, howto, started } from "./walkthrough.ts";

const MANIFEST = HAS_CORPUS ? howto("egress") : [];
const CONVERGED = { timeout: 120_000, interval: 100 };

describe.skipIf(!HAS_CORPUS)(`howto-k8s-egress${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    namespace = await started(MANIFEST);
  });

  afterAll(() => gone(MANIFEST));

  /** As the README calls from the container of front. */
  async function external(color: "blue" | "red"): Promise<Answer> {
    const front = await namespace.kubectl(
      "get",
      "pod",
      "--selector=app=front",
      "--output=jsonpath={.items[0].metadata.name}",
    );
    return await call(namespace, front, `http://${color}.mesh-external.svc.cluster.local:8080/`);
  }

  async function patchMesh(type: "ALLOW_ALL" | "DROP_ALL"): Promise<void> {
    const patch = JSON.stringify({ spec: { egressFilter: { type } } });
    await kubectl("patch", "meshes.appmesh.k8s.aws", namespace.name, "--type=merge", "--patch", patch);
  }

  test("with DROP_ALL the service that a backend names is reached, and the other is not", async () => {
    expect(await external("blue")).toEqual({ status: 200, body: "external: blue" });
    expect(await external("red")).toEqual({ status: 404, body: "" });
    const curler = await call(namespace, "curler", `http://front.${namespace.name}.svc.cluster.local:8080/`);
    expect(curler).toEqual({ status: 200, body: "external: blue" });
  });

  test("with ALLOW_ALL both are reached, with DROP_ALL the other is not any more, and no pod was restarted", async () => {
    const before = await podsOf(namespace);
    await patchMesh("ALLOW_ALL");
    await vi.waitFor(
      async () => expect(await external("red")).toEqual({ status: 200, body: "external: red" }),
      CONVERGED,
    );
    expect(await external("blue")).toEqual({ status: 200, body: "external: blue" });
    await patchMesh("DROP_ALL");
    await vi.waitFor(async () => expect(await external("red")).toEqual({ status: 404, body: "" }), CONVERGED);
    expect(await external("blue")).toEqual({ status: 200, body: "external: blue" });
    expect(await podsOf(namespace)).toEqual(before);
  });
});
