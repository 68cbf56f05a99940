import { hostname } from "node:os";
import type { Configuration } from "../config/schema.ts";
import { kubeClient } from "../kube/client.ts";
import { kubeEndpoint } from "../kube/endpoint.ts";
import type { CertificateSource } from "../pki/certificate-source.ts";
import { serveHealth } from "../serving/health.ts";
import { type ListenAddress, listenAddress, notListening } from "../serving/listen-address.ts";
import { type ProcessLog, processLog } from "../serving/log.ts";
import { type ReadinessProbe, readinessProbe } from "../serving/readiness.ts";
import { beforeAborted } from "./before-aborted.ts";
import { type Page, serveDiagnostics } from "./diagnostics.ts";
import { CONTROL_PLANE_LIMITS } from "./limits.ts";
import { controlPlaneMetrics } from "./metrics.ts";
import { type Facts, startFacts } from "./parts/facts.ts";
import { startLeading } from "./parts/leading.ts";
import { type OwnCertificate, startOwnCertificate } from "./parts/own-certificate.ts";
import type { Replica } from "./parts/replica.ts";
import { drained, type Serving, startServing } from "./parts/serving.ts";
import { keepReport, type Reports, readReports } from "./reports/keep-report.ts";
import { appMeshController } from "./status/app-mesh-controller.ts";
import { openCloudMapGates } from "./status/cloud-map-gate.ts";
import { StopStack } from "./stop-stack.ts";
import { type ObjectWebhook, serveObjectWebhook } from "./webhook/serve-object-webhook.ts";

export interface ControlPlaneOptions {
  /** Its section `controlPlane` says where to listen; the general settings say which node a pod is. */
  readonly configuration: Configuration;
  /** Version of Outrigger. */
  readonly release: string;
  /** By default JSON lines on standard error. */
  readonly log?: ProcessLog;
  /** Which replica this is; by default the name of the host. */
  readonly identity?: string;
  /** By default one of the mesh's authority, which replicas share and whose public part they publish. */
  readonly certificate?: CertificateSource;
}

export interface RunningControlPlane {
  readonly address: ListenAddress;
  /** Absent when the setting is empty. */
  readonly metricsAddress: ListenAddress | undefined;
  readonly diagnosticsAddress: ListenAddress | undefined;
  readonly webhookAddress: ListenAddress | undefined;
  /** Stops within `controlPlane.shutdownSeconds`; calling it again changes nothing. */
  close(): Promise<void>;
}

/**
 * Starts the control plane and resolves when its listener stands. That takes a certificate and the pods, and so the API server; `/readyz` says meanwhile what is missing. Its parts start in the order in which they stand here and stop in reverse.
 * Rejects with ListenAddressError, KubeError, the signal's reason when it is aborted meanwhile, or the system's error when an
 * address cannot be used; nothing is left running then.
 */
export async function startControlPlane(
  options: ControlPlaneOptions,
  signal: AbortSignal,
): Promise<RunningControlPlane> {
  const stops = new StopStack();
  try {
    return await start(options, signal, stops);
  } catch (error) {
    await stops.stop();
    throw error;
  }
}

async function start(
  { configuration, release, ...options }: ControlPlaneOptions,
  signal: AbortSignal,
  stops: StopStack,
): Promise<RunningControlPlane> {
  const settings = configuration.controlPlane;
  const listen = listenAddress(settings.listen, "controlPlane.listen");
  const lines = options.log ?? processLog(configuration.log.level);
  const { log } = lines;
  stops.push(() => lines.flush());
  stops.push(() => log.info({}, "control plane stopped"));
  const client = kubeClient(await kubeEndpoint(settings.kubeconfig, process.env));
  const replica: Replica = { configuration, release, identity: options.identity ?? hostname(), client, log };
  /** What is there of the parts that come later. */
  const running: Running = {};

  const facts = await stops.start((until) => startFacts(replica, until));

  const isControllerRunning = appMeshController(client, () => performance.now());
  // before all that takes long: pods may have waited for it since the last replica ended
  await stops.start((until) => {
    const isCallable: Serving["isCallable"] = (pod) => running.serving?.isCallable(pod) === true;
    void openCloudMapGates({ client, pods: facts.pods, isControllerRunning, isCallable, log, now: Date.now }, until);
  });

  const own = await stops.start(
    (until) => startOwnCertificate(options.certificate, replica, until),
    ({ ended }) => ended,
  );

  const metrics = controlPlaneMetrics({
    streams: () => running.serving?.xds.streams() ?? 0,
    tlsChanges: () => running.serving?.application.tlsChanges() ?? 0,
    lateCertificates: () => running.serving?.application.lateCertificates() ?? 0,
    cacheAges: () => new Map(facts.informers.map((informer) => [informer.resource.name, informer.age])),
    certificateExpiry: () =>
      running.certificate && (running.certificate.current().notAfter.getTime() - Date.now()) / 1000,
  });
  const readiness = readinessOf(facts, own, running);
  // before there is a certificate: while it is missing this is where one can read why
  const health = await listener(settings.metricsListen, "controlPlane.metricsListen", (address) =>
    serveHealth(address, readiness, metrics.registry),
  );
  stops.push(() => health?.close());

  const certificate = await beforeAborted(own.source, signal);
  running.certificate = certificate;
  await beforeAborted(facts.synced, signal);

  // nobody waits for it: a replica that may not read them goes its own way
  const said = await stops.start((until) => readReports(client, until));
  const serving = await stops.start((until) => {
    const tlsSaid = (): void => running.reports?.soon();
    const parts = { facts, metrics, certificate, reports: said.cache, tlsSaid };
    return startServing(listen, replica, parts, until);
  });
  running.serving = serving;
  const { graph, application, xds, clusterDomain } = serving;
  const reports = await stops.start((until) =>
    keepReport({ ...replica, pods: facts.pods.cache, proxies: xds, application, said, clusterDomain }, until),
  );
  running.reports = reports;
  const shutdown = settings.shutdownSeconds * 1000;
  // what the webhook asks goes on while it answers its last reviews
  const asking = stops.signal();
  let webhook: ObjectWebhook | undefined;
  stops.push(async () => {
    await Promise.all([drained(xds, shutdown), webhook?.stop(shutdown, CONTROL_PLANE_LIMITS.settleShare)]);
  });

  webhook = await listener(settings.webhookListen, "controlPlane.webhookListen", (address) =>
    serveObjectWebhook(address, {
      graph,
      asking: { client, signal: asking },
      guards: settings.deletionGuards,
      certificate,
      log,
      metrics: metrics.objectReviews,
      tlsError: () => metrics.tlsError(),
    }),
  );

  const unfollow = certificate.onChange((credentials) => {
    xds.use(credentials);
    log.info({ notAfter: credentials.notAfter }, "certificate loaded");
  });
  stops.push(unfollow);
  // one that came while the listener was starting
  xds.use(certificate.current());

  const leading = await stops.start(
    (until) => {
      const reviewsObjects = webhook !== undefined;
      const { registry } = metrics;
      const { signed } = own;
      return startLeading(
        replica,
        { facts, serving, reports, said, signed, reviewsObjects, isControllerRunning, registry },
        until,
      );
    },
    ({ ended }) => ended,
  );

  const pages = {
    "/streams": (): Page => ({ kind: "list", name: "streams", items: xds.shown() }),
    "/slipped-through": (): Page => ({ kind: "object", object: leading.slippedThrough() }),
  };
  const diagnostics = await listener(settings.diagnosticsListen, "controlPlane.diagnosticsListen", (address) =>
    serveDiagnostics(address, pages),
  );
  stops.push(() => diagnostics?.close());

  stops.push(() => readiness.retire());
  log.info({ address: xds.address, metrics: health?.address, webhook: webhook?.address }, "control plane listens");
  signal.throwIfAborted();
  return {
    address: xds.address,
    metricsAddress: health?.address,
    diagnosticsAddress: diagnostics?.address,
    webhookAddress: webhook?.address,
    close: () => stops.stop(),
  };
}

interface Running {
  certificate?: CertificateSource;
  serving?: Serving;
  reports?: Reports;
}

function readinessOf(facts: Facts, own: OwnCertificate, running: Running): ReadinessProbe {
  const waitsFor = (): string => (running.certificate === undefined ? "its certificate" : "the pods and the mesh");
  return readinessProbe("control plane", [
    ...facts.informers.map((informer) => ({
      name: `cache ${informer.resource.name}`,
      problem: () => (informer.isSynced ? undefined : informer.problem),
    })),
    { name: "certificate", problem: () => own.problem() },
    { name: "listener", problem: () => (running.serving === undefined ? `it waits for ${waitsFor()}` : undefined) },
  ]);
}

/** The system's error names the setting. Undefined for an empty one: nobody listens. */
async function listener<T>(
  text: string,
  setting: string,
  serve: (address: ListenAddress) => Promise<T>,
): Promise<T | undefined> {
  if (text === "") return undefined;
  return await serve(listenAddress(text, setting)).catch((error: unknown) => {
    throw notListening(error, text, setting);
  });
}
