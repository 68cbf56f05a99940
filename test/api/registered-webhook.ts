import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type ConfigurationInput, configuration } from "../../src/config/schema.ts";
import { registration } from "../../src/install/objects/registration.ts";
import { type JsonObject, member, objectsOf, stringMapOf } from "../../src/model/json.ts";
import { INJECT_KEY, RECORD_KEY } from "../../src/model/names.ts";
import { createAuthority } from "../../src/pki/authority.ts";
import { validFor } from "../../src/pki/key-pair.ts";
import { RELEASE } from "../../src/release.ts";
import { processLog } from "../../src/serving/log.ts";
import { startWebhook } from "../../src/webhook/start-webhook.ts";
import type { ProvidedCluster } from "../../testbed/vitest-api.ts";
import type { ApiAnswer, ApiConnection } from "./api-connection.ts";
import { nameOf, text } from "./api-object.ts";
import { createNamespace, nginx, podsOf, withServiceAccount } from "./namespaces.ts";
import { until } from "./until.ts";

export const REGISTRATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const STOP_MS = 5_000;

/** The webhook in this process, called by the API server. */
export interface RegisteredWebhook {
  /** PEM that injected pods carry. */
  readonly trust: string;
  /** Takes the registration away, waits until the API server calls nobody any more, and stops the server. */
  stop(): Promise<void>;
}

/** Starts the webhook on loopback with look-ups in the cluster, registers it, and waits until the API server calls it. */
export async function registerWebhook(
  api: ApiConnection,
  cluster: ProvidedCluster,
  input: ConfigurationInput = {},
): Promise<RegisteredWebhook> {
  const folder = await mkdtemp(join(tmpdir(), "outrigger-trust-"));
  const trustFile = join(folder, "trust.pem");
  const { certificate: trust } = await createAuthority("mesh authority of a test", validFor(1, new Date()));
  await writeFile(trustFile, trust);
  const settings = configuration({
    meshName: "mynewmesh",
    ...input,
    webhook: {
      listen: "127.0.0.1:0",
      metricsListen: "127.0.0.1:0",
      kubeconfig: cluster.kubeconfig,
      trust: trustFile,
      shutdownSeconds: 1,
    },
  });
  const abort = new AbortController();
  const log = processLog("silent", { write: () => {} });
  const webhook = await startWebhook({ configuration: settings, release: RELEASE, log }, abort.signal);
  const url = `https://127.0.0.1:${webhook.address.port}/`;
  const caBundle = webhook.authority ?? "";
  const object = registration({ url, caBundle, failurePolicy: "Fail", timeoutSeconds: 30 });
  await api.apply(registrationPath(object), object);
  const namespace = await createNamespace(api, "registration", { [INJECT_KEY]: "enabled" });
  const registered: RegisteredWebhook = {
    trust,
    async stop() {
      await api.send("DELETE", registrationPath(object));
      await until(async () => ((await isCalled(api, namespace, object)) ? "the webhook is still called" : undefined));
      // a connection that the API server opened and never used may hold the server for longer; nobody needs it any more
      await Promise.race([webhook.close("drain"), wait(STOP_MS, undefined, { ref: false })]);
      await rm(folder, { recursive: true });
    },
  };
  try {
    await untilInjecting(api, namespace);
  } catch (error) {
    await registered.stop();
    throw error;
  }
  return registered;
}

function registrationPath(object: JsonObject): string {
  return `${REGISTRATIONS}/${nameOf(object)}`;
}

async function untilInjecting(api: ApiConnection, namespace: string): Promise<void> {
  await until(async () => {
    const { status, body } = await triedPod(api, namespace);
    if (status !== 201) return `${status} ${text(body.message)}`;
    return isInjected(body) ? undefined : "a pod was created without a sidecar";
  });
}

/** Whether an API server, which takes up changes of registrations a moment later, still goes by this one. */
async function isCalled(api: ApiConnection, namespace: string, { webhooks }: JsonObject): Promise<boolean> {
  const { status, body } = await triedPod(api, namespace);
  if (status === 201) return isInjected(body);
  return objectsOf(webhooks).some(({ name }) => text(body.message).includes(`"${text(name)}"`));
}

function triedPod(api: ApiConnection, namespace: string): Promise<ApiAnswer> {
  const pod = withServiceAccount(nginx({ name: "asks-whether-we-are-called" }));
  return api.send("POST", `${podsOf(namespace)}?dryRun=All`, pod);
}

function isInjected({ metadata }: JsonObject): boolean {
  return RECORD_KEY in stringMapOf(member(metadata, "annotations"));
}
