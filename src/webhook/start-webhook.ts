import { randomUUID } from "node:crypto";
import type { HttpTimeouts } from "../admission/limits.ts";
import { type AdmissionServer, serveAdmission } from "../admission/server.ts";
import { type Goodbye, shutDown } from "../admission/shutdown.ts";
import type { FactSource } from "../cluster/fact-source.ts";
import type { Configuration } from "../config/schema.ts";
import type { CertificateSource } from "../pki/certificate-source.ts";
import { serveHealth } from "../serving/health.ts";
import { type ListenAddress, listenAddress, notListening } from "../serving/listen-address.ts";
import { type ProcessLog, processLog } from "../serving/log.ts";
import type { PlainServer } from "../serving/plain-http.ts";
import { type ReadinessProbe, readinessProbe } from "../serving/readiness.ts";
import type { Policy } from "./admission.ts";
import { reviewAnswerer } from "./answer-review.ts";
import { chooseCertificate } from "./choose-certificate.ts";
import { listenerCheck } from "./listener-check.ts";
import { type WebhookMetrics, webhookMetrics } from "./metrics.ts";
import { offlineLookUp } from "./offline.ts";
import { selfTest } from "./self-test.ts";
import { trustFromFile } from "./trust.ts";

export interface WebhookOptions {
  /** Where to listen, certificate files, trust and cluster are settings of its section `webhook`. */
  readonly configuration: Configuration;
  /** Version of Outrigger. */
  readonly release: string;
  /** By default JSON lines on standard error. */
  readonly log?: ProcessLog;
  /** By default the cluster of the configuration, or none when it says offline. */
  readonly facts?: FactSource;
  /** For tests. */
  readonly timeouts?: Partial<HttpTimeouts>;
}

export interface RunningWebhook {
  readonly address: ListenAddress;
  /** Absent when `webhook.metricsListen` is empty. */
  readonly metricsAddress: ListenAddress | undefined;
  /** PEM of the authority to trust, when the certificate is our own. */
  readonly authority: string | undefined;
  /** Stops within `webhook.shutdownSeconds`; calling it again changes nothing. */
  close(goodbye: Goodbye): Promise<void>;
  /** Resolves when it has stopped, whoever asked for it. */
  readonly closed: Promise<void>;
}

/**
 * Starts the webhook and resolves when its listener stands; `/readyz` says when it knows enough to decide.
 * An aborted signal drains it. Rejects with CredentialsError, TrustFileError, ListenAddressError, KubeError, or the system's
 * error when an address cannot be used; nothing is left running then.
 */
export async function startWebhook(options: WebhookOptions, signal: AbortSignal): Promise<RunningWebhook> {
  signal.throwIfAborted();
  const ending = new AbortController();
  const abandon = (): void => ending.abort(signal.reason);
  signal.addEventListener("abort", abandon);
  try {
    return await start(options, signal, ending);
  } catch (error) {
    ending.abort();
    throw error;
  } finally {
    signal.removeEventListener("abort", abandon);
  }
}

async function start(options: WebhookOptions, signal: AbortSignal, ending: AbortController): Promise<RunningWebhook> {
  const { configuration } = options;
  const settings = configuration.webhook;
  const listen = listenAddress(settings.listen, "webhook.listen");
  const webhookLines = options.log ?? processLog(configuration.log.level);
  const { log } = webhookLines;
  const facts = options.facts ?? (await factSource(configuration, ending.signal));
  let server: AdmissionServer | undefined;
  let certificate: CertificateSource | undefined;
  const metrics: WebhookMetrics = webhookMetrics({
    cacheAges: facts.ages,
    certificateExpiry: () => (certificate ? (certificate.current().notAfter.getTime() - Date.now()) / 1000 : 0),
  });
  const chosen = await chooseCertificate(
    {
      configuration,
      listen,
      log,
      refused(error) {
        metrics.certificateReload("refused");
        log.error({ code: error.code, problem: error.message }, "new certificate refused, the old one stays in use");
      },
    },
    ending.signal,
  );
  const ownUid = randomUUID();
  const policy: Policy = { configuration, release: options.release };
  const answerer = reviewAnswerer({ policy, lookUp: facts.lookUp, log, metrics, ownUid });
  const timeouts = options.timeouts ?? {};
  const listener = listenerCheck(async () =>
    server && certificate ? selfTest(server.address, certificate.current(), ownUid) : "it does not listen yet",
  );
  const readiness = readinessProbe("webhook", [...facts.checks, ...chosen.checks, listener]);
  // First, because the certificate of a cluster takes as long as its API server is away, and the kubelet asks meanwhile.
  const health = await healthServer(settings.metricsListen, readiness, metrics).catch((error: unknown) => {
    throw notListening(error, settings.metricsListen, "webhook.metricsListen");
  });
  let standing: AdmissionServer;
  try {
    certificate = await chosen.source;
    const parts = { credentials: certificate.current(), paths: PATHS, answerer, log, metrics, timeouts };
    standing = await serveAdmission(listen, parts).catch((error: unknown) => {
      throw notListening(error, settings.listen, "webhook.listen");
    });
  } catch (error) {
    await health?.close();
    throw error;
  }
  server = standing;
  certificate.onChange((credentials) => {
    standing.use(credentials);
    metrics.certificateReload("loaded");
    log.info({ notAfter: credentials.notAfter }, "certificate loaded");
  });
  // A change while the listener was starting.
  standing.use(certificate.current());
  const { address } = standing;
  log.info({ address, metrics: health?.address, offline: settings.offline }, "webhook listens");

  const stoppable = {
    retire() {
      readiness.retire();
      standing.retire();
    },
    drain: () => standing.drain(),
    destroy: () => standing.destroy(),
    async release() {
      ending.abort();
      await Promise.all([health?.close(), chosen.ended]);
      log.info({}, "webhook stopped");
      await webhookLines.flush();
    },
  };
  const stopped = Promise.withResolvers<void>();
  let stopping = false;
  const close = (goodbye: Goodbye): Promise<void> => {
    if (!stopping) void shutDown(stoppable, goodbye, settings.shutdownSeconds).then(stopped.resolve, stopped.reject);
    stopping = true;
    return stopped.promise;
  };
  const aborted = (): void => void close("drain");
  signal.addEventListener("abort", aborted, { once: true });
  if (signal.aborted) aborted();
  return {
    address,
    metricsAddress: health?.address,
    authority: chosen.authority,
    close,
    closed: stopped.promise,
  };
}

/** Where the two AWS programs listened: the injector took any path, the controller this one. */
const PATHS = ["/", "/mutate-v1-pod"];

async function factSource(configuration: Configuration, signal: AbortSignal): Promise<FactSource> {
  const { offline, trust } = configuration.webhook;
  const fileTrust = trust === "" ? undefined : await trustFromFile(trust, signal);
  if (offline) {
    return { lookUp: offlineLookUp(fileTrust ?? (() => ({ kind: "later" }))), ages: () => new Map(), checks: [] };
  }
  // Only here, because nothing of it is needed offline and loading it takes time.
  const { clusterFactSource } = await import("../cluster/cluster-fact-source.ts");
  return clusterFactSource(configuration, fileTrust, signal);
}

async function healthServer(
  listen: string,
  readiness: ReadinessProbe,
  metrics: WebhookMetrics,
): Promise<PlainServer | undefined> {
  if (listen === "") return undefined;
  return await serveHealth(listenAddress(listen, "webhook.metricsListen"), readiness, metrics.registry);
}
