import fc from "fast-check";
import { afterAll, afterEach, expect, inject, test } from "vitest";
import type { ConfigurationInput } from "../../src/config/schema.ts";
import { uninject } from "../../src/index.ts";
import { REASONS } from "../../src/inject/decision.ts";
import { type JsonObject, member, objectOf } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { connectApi } from "./api-connection.ts";
import { text } from "./api-object.ts";
import { dryRun } from "./corpus-cluster.ts";
import { createNamespace } from "./namespaces.ts";
import { oddPod } from "./odd-pods.ts";
import { type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";

// Beyond the corpus: pods that use rare members of the API together. What is valid without us is valid with us, or we say why not.

const RUNS = 150;
const SEED = 1_337;

const CONFIGURATIONS: readonly { readonly title: string; readonly configuration: ConfigurationInput }[] = [
  { title: "by default", configuration: {} },
  {
    title: "with the aws flavor and X-Ray",
    configuration: { flavor: "aws", region: "us-west-2", tracing: { provider: "xray" }, proxy: { fsGroup: 1337 } },
  },
];

const api = connectApi(inject("cluster"));
let webhook: RegisteredWebhook | undefined;

afterEach(async () => {
  await webhook?.stop();
  webhook = undefined;
});

afterAll(() => api.close());

/** A stored pod's annotations and spec. */
function lasting({ metadata, spec }: JsonObject): JsonObject {
  return { annotations: objectOf(member(metadata, "annotations")), spec: objectOf(spec) };
}

type Fate = "accepted" | "denied" | "invalid";

async function fateOf(
  pod: JsonObject,
  namespaces: { readonly plain: string; readonly enabled: string },
): Promise<Fate> {
  const without = await dryRun(api, namespaces.plain, pod);
  if (without.status !== 201) return "invalid";
  const first = await dryRun(api, namespaces.enabled, pod);
  if (first.status !== 201) {
    const reason = /^admission webhook .*\(([a-z-]+)\)$/s.exec(text(first.body.message))?.[1];
    expect(REASONS, text(first.body.message)).toContain(reason);
    return "denied";
  }
  const stored = lasting(first.body);
  const metadata = { ...objectOf(pod.metadata), annotations: objectOf(stored.annotations) };
  const second = await dryRun(api, namespaces.enabled, { ...first.body, metadata });
  expect(lasting(second.body), "created again from its stored form").toEqual(stored);
  // what the pod as a whole requests is summed up by the API server, over our containers as well
  if (member(pod.spec, "resources") === undefined) {
    expect(lasting(uninject(first.body).pod), "uninjected").toEqual(lasting(without.body));
  }
  return "accepted";
}

test.each(CONFIGURATIONS)(
  "a valid pod is accepted, stays the same and can be restored, or is denied by a rule, $title",
  async ({ configuration }) => {
    webhook = await registerWebhook(api, inject("cluster"), configuration);
    const namespaces = {
      plain: await createNamespace(api, "odd"),
      enabled: await createNamespace(api, "odd", { [INJECT_KEY]: "enabled" }),
    };
    const pods = fc.sample(oddPod, { numRuns: RUNS, seed: SEED });
    const fates = await Promise.all(pods.map((pod) => fateOf(pod, namespaces)));
    const share = (fate: Fate) => fates.filter((candidate) => candidate === fate).length / RUNS;
    // the sample says something only while most of it gets through
    expect({ accepted: share("accepted") > 0.5, invalid: share("invalid") < 0.1 }).toEqual({
      accepted: true,
      invalid: true,
    });
  },
);
