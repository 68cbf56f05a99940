// node bench/engine.ts: processor time of one inject(), without HTTP and JSON. Prints a table; figures depend on the machine.
import { configuration } from "../src/config/schema.ts";
import { inject } from "../src/inject/inject.ts";
import type { InjectionInput } from "../src/inject/input.ts";
import type { JsonObject } from "../src/model/json.ts";
import { INJECT_KEY } from "../src/model/names.ts";
import { median } from "./median.ts";
import { podReview } from "./pod-review.ts";

/** V8 compiles what is hot; before that, figures say little. */
const WARM_UP_CALLS = 20_000;
const ROUNDS = 15;
const CALLS = 2_000;
/** Pods are parsed beforehand, each its own, as in the webhook; so many that their bootstraps are not all kept. */
const PODS = 1_000;

const SETTINGS = {
  envoy: configuration({ meshName: "shop" }),
  aws: configuration({ meshName: "shop", flavor: "aws" }),
};

function inputs(flavor: keyof typeof SETTINGS, owners: number): readonly InjectionInput[] {
  return Array.from({ length: PODS }, (_, index) => {
    const review = JSON.parse(podReview(`uid-${index}`)) as { readonly request: { readonly object: JsonObject } };
    const owner = { apiVersion: "apps/v1", kind: "Deployment", name: `catalogue-${index % owners}`, uid: "" };
    return {
      pod: review.request.object,
      request: { operation: "CREATE", dryRun: false, user: "system:serviceaccount:kube-system:replicaset-controller" },
      namespace: { name: "shop", labels: { [INJECT_KEY]: "enabled" }, annotations: {} },
      owner: { kind: "known", owner },
      virtualNodes: [],
      virtualGateways: [],
      sharedNodes: [],
      meshes: [],
      limitRanges: [],
      quotas: [],
      trust: { kind: "known", pem: `-----BEGIN CERTIFICATE-----\n${"MIIB".repeat(200)}\n-----END CERTIFICATE-----\n` },
      configuration: SETTINGS[flavor],
      release: "1.2.3",
    };
  });
}

function microseconds(pods: readonly InjectionInput[]): number {
  const run = (calls: number) => {
    for (let call = 0; call < calls; call++) {
      if (inject(pods[call % PODS] as InjectionInput).outcome !== "inject") throw new Error("the pod is not injected");
    }
  };
  run(WARM_UP_CALLS);
  const rounds = Array.from({ length: ROUNDS }, () => {
    // not the time of day: other programs on the machine do not count
    const start = process.cpuUsage();
    run(CALLS);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / CALLS;
  });
  return median(rounds);
}

console.table({
  "envoy, pods of one Deployment": { "µs per inject()": microseconds(inputs("envoy", 1)).toFixed(1) },
  "envoy, every pod of another": { "µs per inject()": microseconds(inputs("envoy", PODS)).toFixed(1) },
  "aws, pods of one Deployment": { "µs per inject()": microseconds(inputs("aws", 1)).toFixed(1) },
});
