import { randomUUID } from "node:crypto";
import type { OutgoingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import { type ConfigurationInput, configuration } from "../src/config/schema.ts";
import { applyPatch, type PatchOperation } from "../src/inject/json-patch.ts";
import type { JsonObject } from "../src/model/json.ts";
import { processLog } from "../src/serving/log.ts";
import { type RunningWebhook, startWebhook, type WebhookOptions } from "../src/webhook/start-webhook.ts";

/** A webhook on loopback and what a test wants of it. */
export interface TestWebhook {
  readonly webhook: RunningWebhook;
  /** Every line that it logged. */
  readonly lines: string[];
  readonly agent: Agent;
  stop(): Promise<void>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Starts the webhook offline on free ports, for the mesh `test`, with changes to configuration and options. */
export async function testWebhook(
  input: ConfigurationInput = {},
  options: Partial<WebhookOptions> = {},
): Promise<TestWebhook> {
  const lines: string[] = [];
  const settings = configuration({
    meshName: "test",
    ...input,
    webhook: {
      listen: "127.0.0.1:0",
      metricsListen: "127.0.0.1:0",
      offline: true,
      shutdownSeconds: 2,
      ...input.webhook,
    },
  });
  const log = processLog("debug", { write: (line) => void lines.push(line) });
  const abort = new AbortController();
  const webhook = await startWebhook({ configuration: settings, release: "0.0.0-test", log, ...options }, abort.signal);
  const ca = webhook.authority;
  const agent = new Agent({ keepAlive: true, ...(ca === undefined ? { rejectUnauthorized: false } : { ca }) });
  return {
    webhook,
    lines,
    agent,
    async stop() {
      agent.destroy();
      await webhook.close("drain");
    },
  };
}

/** One HTTPS call; resolves with the answer, rejects with a transport error. */
export function call(
  { webhook, agent }: Pick<TestWebhook, "webhook" | "agent">,
  body: string | Buffer,
  headers: OutgoingHttpHeaders = { "content-type": "application/json" },
  where: { method?: string; path?: string } = {},
): Promise<HttpAnswer> {
  const { host, port } = webhook.address;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host,
        port,
        agent,
        method: where.method ?? "POST",
        path: where.path ?? "/?timeout=5s",
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The pod of the walkthrough. */
export const NGINX: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "nginx", namespace: "appmesh-inject-test", labels: { app: "nginx" } },
  spec: { containers: [{ name: "nginx", image: "nginx", ports: [{ containerPort: 80 }] }] },
};

/** A review as an API server sends it, members in its order. */
export function review(object: unknown, changes: Readonly<Record<string, unknown>> = {}, version = "v1"): JsonObject {
  return {
    kind: "AdmissionReview",
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid: randomUUID(),
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      requestKind: { group: "", version: "v1", kind: "Pod" },
      requestResource: { group: "", version: "v1", resource: "pods" },
      name: "nginx",
      namespace: "appmesh-inject-test",
      operation: "CREATE",
      userInfo: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
      object: object as JsonObject,
      oldObject: null,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
      ...changes,
    } as JsonObject,
  };
}

export interface ReviewResponse {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patchType?: string;
    readonly patch?: string;
    readonly warnings?: readonly string[];
    readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
    readonly auditAnnotations?: Readonly<Record<string, string>>;
  };
}

export function parsed(answer: HttpAnswer): ReviewResponse {
  return JSON.parse(answer.text) as ReviewResponse;
}

/** The operations of an answer; none when it carries no patch. */
export function patchOf(answer: ReviewResponse): readonly PatchOperation[] {
  const { patch } = answer.response;
  return patch === undefined ? [] : (JSON.parse(Buffer.from(patch, "base64").toString()) as readonly PatchOperation[]);
}

/** Names of the containers of the pod after the answer, init containers first. */
export function containersAfter(pod: JsonObject, answer: ReviewResponse): string[] {
  const { spec } = applyPatch(pod, patchOf(answer)) as unknown as {
    spec: { initContainers?: { name: string }[]; containers: { name: string }[] };
  };
  return [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
}
