// The server under measurement: `full` decides and plans, `constant` is the same server with one answer for all.

import { serveAdmission } from "../src/admission/server.ts";
import type { FactSource } from "../src/cluster/fact-source.ts";
import { configuration } from "../src/config/schema.ts";
import type { NodeFacts } from "../src/model/mesh-objects.ts";
import { INJECT_KEY } from "../src/model/names.ts";
import { createAuthority } from "../src/pki/authority.ts";
import { validFor } from "../src/pki/key-pair.ts";
import { processLog } from "../src/serving/log.ts";
import { type PodReviewAnswerer, reviewAnswerer } from "../src/webhook/answer-review.ts";
import { ownCertificate } from "../src/webhook/certificate.ts";
import { webhookMetrics } from "../src/webhook/metrics.ts";
import { decodeReview } from "../src/webhook/review.ts";
import { podReview } from "./pod-review.ts";

const [kind = "full"] = process.argv.slice(2);
const policy = { configuration: configuration({ meshName: "shop" }), release: "0.0.0-bench" };
const { log } = processLog("info");
const certificate = await ownCertificate("127.0.0.1", new Date());
const metrics = webhookMetrics({ cacheAges: () => new Map(), certificateExpiry: () => 0 });
const full = reviewAnswerer({ policy, lookUp: (await facts()).lookUp, log, metrics, ownUid: "" });
const answerer = kind === "full" ? full : await constantAnswerer(full);
const server = await serveAdmission(
  { host: "127.0.0.1", port: 0 },
  { credentials: certificate.current(), paths: ["/"], answerer, log, metrics },
);
process.on("message", () => process.send?.({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit());
process.send?.({ address: server.address, ca: certificate.authority });

/** Facts as the caches of a small cluster give them: an owner that was found, twenty virtual nodes, a trust. */
async function facts(): Promise<Pick<FactSource, "lookUp">> {
  const authority = await createAuthority("bench", validFor(1, new Date()));
  const virtualNodes = Array.from({ length: 20 }, (_, index) => node(index === 11 ? "catalogue" : `service-${index}`));
  // the caches give out the same labels until they change
  const labels = { [INJECT_KEY]: "enabled" };
  const annotations = {};
  const meshes = [{ name: "shop", awsName: "shop" }];
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "catalogue", uid: "c6b5" };
  return {
    lookUp: (_pod, name) => ({
      namespace: { name, labels, annotations },
      owner: { kind: "known", owner },
      virtualNodes,
      virtualGateways: [],
      sharedNodes: [],
      meshes,
      limitRanges: [],
      quotas: [],
      trust: { kind: "known", pem: authority.certificate },
    }),
  };
}

function node(name: string): NodeFacts {
  return {
    name,
    namespace: "shop",
    awsName: `${name}_shop`,
    podSelector: { matchLabels: { app: name }, matchExpressions: [] },
    meshRef: "shop",
    listenerPorts: [8080],
    cloudMap: false,
  };
}

/** Reads the review, echoes its UID and sends the patch that the first review would get; counts and logs as the other does. */
async function constantAnswerer(real: PodReviewAnswerer): Promise<PodReviewAnswerer> {
  const { body } = await real.answer(Buffer.from(podReview("UID")));
  const [before = "", after = ""] = body.join("").split('"uid":"UID"');
  const rest = Buffer.from(after);
  return {
    refuse: (refused) => real.refuse(refused),
    answer(bytes) {
      const start = performance.now();
      const decoded = decodeReview(bytes);
      if (decoded.kind !== "review") return real.refuse(decoded);
      const { uid, namespace, operation } = decoded.review;
      const ms = performance.now() - start;
      metrics.answered("inject", "injected", ms / 1000);
      log.info({ uid, namespace, operation, owner: "", outcome: "inject", reason: "injected", ms }, "review");
      return { status: 200, type: "application/json", body: [`${before}"uid":"${uid}"`, rest] };
    },
  };
}
