import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { ConfigurationInput } from "../../src/config/schema.ts";
import { uninject } from "../../src/index.ts";
import { member, stringMapOf } from "../../src/model/json.ts";
import { RECORD_KEY } from "../../src/model/names.ts";
import { CORPUS_NOTE, corpusPods, HAS_CORPUS } from "../corpus.ts";
import { type ApiAnswer, connectApi } from "./api-connection.ts";
import { text } from "./api-object.ts";
import { dryRun, installCorpus, removeCorpus } from "./corpus-cluster.ts";
import { createNamespace } from "./namespaces.ts";
import { registerWebhook } from "./registered-webhook.ts";

// What the defaults leave out: every part that a sidecar can have, in groups that go together, judged by the API server.

const EXTRAS = {
  proxy: { pullSecret: "pull", fsGroup: 1337, limits: { cpu: "500m", memory: "256Mi" } },
  sds: { enabled: true },
  cloudMapReadinessGate: true,
  stats: { tags: true, statsd: true },
} satisfies ConfigurationInput;

const AWS = { ...EXTRAS, flavor: "aws", region: "us-west-2" } satisfies ConfigurationInput;

const CONFIGURATIONS: readonly { readonly title: string; readonly configuration: ConfigurationInput }[] = [
  {
    title: "an ordinary container, X-Ray and all extras",
    configuration: { ...EXTRAS, proxy: { ...EXTRAS.proxy, mode: "ordinary" }, tracing: { provider: "xray" } },
  },
  {
    title: "the CNI plugin, tracing and statsd at the host's address",
    configuration: {
      capture: { mode: "cni" },
      tracing: { provider: "datadog", address: "ref:status.hostIP" },
      stats: { statsd: true, statsdAddress: "ref:status.hostIP" },
    },
  },
  {
    title: "no control plane, OpenTelemetry and statsd at a socket",
    configuration: {
      proxy: { controlPlane: "none" },
      tracing: { provider: "otel", address: "collector.monitoring" },
      stats: { statsd: true, statsdSocketPath: "/var/run/statsd/dsd.socket" },
    },
  },
  {
    title: "the aws flavor, X-Ray, credentials and all extras",
    configuration: {
      ...AWS,
      proxy: { ...EXTRAS.proxy, awsCredentialsSecret: "aws" },
      tracing: { provider: "xray" },
    },
  },
  {
    title: "the aws flavor as an ordinary container that others wait for, with Jaeger",
    configuration: {
      ...AWS,
      proxy: { ...EXTRAS.proxy, mode: "ordinary", waitUntilReady: true },
      tracing: { provider: "jaeger" },
    },
  },
];

const api = connectApi(inject("cluster"));
const pods = HAS_CORPUS ? corpusPods() : [];
let without: readonly ApiAnswer[] = [];

beforeAll(async () => {
  if (!HAS_CORPUS) return;
  await installCorpus(api);
  const plain = await createNamespace(api, "corpus-plain");
  without = await Promise.all(pods.map(({ pod }) => dryRun(api, plain, pod)));
});

afterAll(async () => {
  if (HAS_CORPUS) await removeCorpus(api);
  await api.close();
});

describe.skipIf(!HAS_CORPUS)(`every pod of the corpus${CORPUS_NOTE}`, () => {
  test.each(CONFIGURATIONS)("is accepted and can be restored with $title", async ({ configuration }) => {
    const webhook = await registerWebhook(api, inject("cluster"), configuration);
    const injected = await Promise.all(pods.map(({ namespace, pod }) => dryRun(api, namespace, pod))).finally(() =>
      webhook.stop(),
    );
    let sidecars = 0;
    for (const [index, { title }] of pods.entries()) {
      const [before, after] = [without[index], injected[index]] as [ApiAnswer, ApiAnswer];
      if (before.status !== 201) continue;
      expect({ title, message: text(after.body.message) }).toEqual({ title, message: "" });
      if (RECORD_KEY in stringMapOf(member(after.body.metadata, "annotations"))) sidecars++;
      expect({ title, spec: uninject(after.body).pod.spec }).toEqual({ title, spec: before.body.spec });
    }
    expect(sidecars).toBeGreaterThan(100);
  });
});
