import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { startControlPlaneCaches } from "../cluster/control-plane-caches.ts";
import { podLookUp } from "../cluster/lookups.ts";
import { ownClusterDns } from "../cluster/resolv-conf.ts";
import type { Configuration } from "../config/schema.ts";
import { MeshGraph } from "../graph/graph.ts";
import { type KubeClient, kubeClient } from "../kube/client.ts";
import { kubeEndpoint } from "../kube/endpoint.ts";
import { CLUSTER_DOMAIN } from "../model/cluster-dns.ts";
import type { CertificateSource } from "../pki/certificate-source.ts";
import type { Follow } from "../pki/follow-object.ts";
import { policyOf } from "../pki/policy.ts";
import type { SharedAuthority } from "../pki/shared-authority.ts";
import { serveHealth } from "../serving/health.ts";
import { type ListenAddress, listenAddress, notListening } from "../serving/listen-address.ts";
import { type Log, type ProcessLog, processLog } from "../serving/log.ts";
import { readinessProbe } from "../serving/readiness.ts";
import { KubernetesStore } from "../store/kubernetes-store.ts";
import { serveXds, type XdsServer } from "../xds/serve/xds-server.ts";
import { WorkRound } from "../xds/work-round.ts";
import { beforeAborted } from "./before-aborted.ts";
import { type Page, serveDiagnostics } from "./diagnostics.ts";
import { CONTROL_PLANE_LIMITS } from "./limits.ts";
import { controlPlaneMetrics } from "./metrics.ts";
import { KnownCertificates } from "./proxies/known-certificates.ts";
import { KnownServices } from "./proxies/known-services.ts";
import { type PodApplication, podApplication } from "./proxies/pod-application.ts";
import { streamEvents } from "./proxies/stream-log.ts";
import { keepReport } from "./reports/keep-report.ts";
import { appMeshController } from "./status/app-mesh-controller.ts";
import { type CallablePods, callablePods } from "./status/callable-pods.ts";
import { openCloudMapGates } from "./status/cloud-map-gate.ts";
import { leadObjects } from "./status/lead-objects.ts";
import { releaseObjects } from "./status/release-objects.ts";
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
  { configuration, ...options }: ControlPlaneOptions,
  signal: AbortSignal,
  stops: StopStack,
): Promise<RunningControlPlane> {
  const settings = configuration.controlPlane;
  const listen = listenAddress(settings.listen, "controlPlane.listen");
  const lines = options.log ?? processLog(configuration.log.level);
  const { log } = lines;
  stops.push(() => lines.flush());
  stops.push(() => log.info({}, "control plane stopped"));

  const caching = new AbortController();
  stops.push(() => caching.abort());
  const client = kubeClient(await kubeEndpoint(settings.kubeconfig, process.env));
  const { informers, injection, objects, leaving, pods, services, slices } = startControlPlaneCaches(
    client,
    caching.signal,
  );
  const known = new KnownServices(services, slices, caching.signal);
  const meant = settings.certificates.secrets;
  const certificates = new KnownCertificates({ client, secrets: meant, log, now: () => new Date() }, caching.signal);
  const store = new KubernetesStore({ client, objects, namespaces: injection.namespaces }, caching.signal);
  const isControllerRunning = appMeshController(client, () => performance.now());
  // first of all: pods may have waited for it since the last replica ended
  let callable: CallablePods | undefined;
  const isCallable: CallablePods = (pod) => callable?.(pod) === true;
  void openCloudMapGates({ client, pods, isControllerRunning, isCallable, log, now: Date.now }, caching.signal);

  // what signs certificates takes longest to load: meanwhile the API server answers
  const pki = options.certificate === undefined ? await import("../pki/mesh-authority.ts") : undefined;
  const authority = pki && sharedByReplicas(pki.meshAuthority, { client, configuration, log, stops });
  let certificate = options.certificate;
  let server: XdsServer | undefined;
  let application: PodApplication | undefined;
  const metrics = controlPlaneMetrics({
    streams: () => server?.streams() ?? 0,
    tlsChanges: () => application?.tlsChanges() ?? 0,
    cacheAges: () => new Map(informers.map((informer) => [informer.resource.name, informer.age])),
    certificateExpiry: () => certificate && (certificate.current().notAfter.getTime() - Date.now()) / 1000,
  });
  const waitsFor = (): string => (certificate === undefined ? "its certificate" : "the pods and the mesh");
  const readiness = readinessProbe("control plane", [
    ...informers.map((informer) => ({
      name: `cache ${informer.resource.name}`,
      problem: () => (informer.isSynced ? undefined : informer.problem),
    })),
    { name: "certificate", problem: () => authority?.problem() },
    { name: "listener", problem: () => (server === undefined ? `it waits for ${waitsFor()}` : undefined) },
  ]);
  // before there is a certificate: while it is missing this is where one can read why
  const health = await listener(settings.metricsListen, "controlPlane.metricsListen", (address) =>
    serveHealth(address, readiness, metrics.registry),
  );
  stops.push(() => health?.close());

  certificate ??= await beforeAborted(authority?.certificate, signal);
  const following = certificate;
  // after a restart all proxies come at once: about pods that it does not know it would have to ask, and such questions are rationed
  await beforeAborted(pods.synced, signal);
  // and a proxy that has its mesh is not to lose it while the mesh is being read
  await beforeAborted(Promise.all([store.synced, known.synced, certificates.synced]), signal);
  const clusterDomain = (await ownClusterDns())?.domain ?? CLUSTER_DOMAIN;
  const graph = new MeshGraph({
    mesh: settings.mesh,
    accountId: configuration.accountId,
    clusterDomain,
    discovery: settings.discovery,
    certificates: meant,
  });
  const round = new WorkRound();
  // in a cluster the name of the pod, so that a container that is started again goes on with its own Lease and its own report
  const identity = options.identity ?? hostname();
  const served = podApplication({
    client,
    caches: injection,
    pods,
    configuration,
    graph,
    store,
    services: known,
    certificates,
    clusterDomain,
    log,
    metrics,
    round,
    connected: () => server?.connected() ?? [],
    identity,
    signal: caching.signal,
  });
  application = served;
  const events = streamEvents(log, metrics);
  const maxAge = settings.streamMaxAgeSeconds * 1000;
  const xds = await serveXds(listen, {
    credentials: following.current(),
    application: served,
    events,
    maxAge,
    round,
  }).catch((error: unknown) => {
    throw notListening(error, settings.listen, "controlPlane.listen");
  });
  server = xds;
  callable = callablePods({ application: served, proxies: xds, now: () => performance.now() });
  const shutdown = settings.shutdownSeconds * 1000;
  let webhook: ObjectWebhook | undefined;
  stops.push(async () => {
    await Promise.all([drained(xds, shutdown), webhook?.stop(shutdown, CONTROL_PLANE_LIMITS.settleShare)]);
  });
  webhook = await listener(settings.webhookListen, "controlPlane.webhookListen", (address) =>
    serveObjectWebhook(address, {
      graph,
      asking: { client, signal: caching.signal },
      guards: settings.deletionGuards,
      certificate: following,
      log,
      metrics: metrics.objectReviews,
      tlsError: () => metrics.tlsError(),
    }),
  );
  const replica = { client, pods: pods.cache, identity, log };
  const reports = keepReport({ ...replica, proxies: xds, application: served }, caching.signal);
  const unfollow = following.onChange((credentials) => {
    xds.use(credentials);
    log.info({ notAfter: credentials.notAfter }, "certificate loaded");
  });
  stops.push(unfollow);
  // one that came while the listener was starting
  xds.use(following.current());

  // proxies need not wait for what only a leader needs to load
  const { leaderParts } = await import("./leader-parts.ts");
  // authority and trust are watched already
  const followAuthority: Follow = async (changed, until) => authority?.onBundle(changed, until);
  const follow: Follow = async (changed, until) => {
    await followAuthority(changed, until);
    injection.trust.onChange(changed, until);
  };
  const publishing: ((until: AbortSignal) => Promise<void>)[] = [];
  if (pki !== undefined) publishing.push((until) => pki.publishMeshTrust({ client, log, follow }, until));
  if (pki !== undefined && webhook !== undefined) {
    publishing.push((until) => pki.publishToRegistrations({ client, log, follow: followAuthority }, until));
  }
  const writing = leadObjects({
    ...replica,
    graph,
    store,
    services: known,
    certificates,
    own: () => reports.report,
    place: { partition: "aws", ...configuration.arn },
    isControllerRunning,
  });
  const releasing = (until: AbortSignal): Promise<void> =>
    releaseObjects({ client, leaving, isControllerRunning, log }, until);
  const { controlPlane } = configuration.proxy;
  const leader = leaderParts({
    client,
    caches: injection,
    pods,
    lookUp: podLookUp({ caches: injection, client, controlPlane, fileTrust: undefined, signal: caching.signal }),
    configuration,
    release: options.release,
    identity,
    log,
    registry: metrics.registry,
    others: [...publishing, writing, releasing],
  });
  const leading = new AbortController();
  const led = leader.start(leading.signal);
  stops.push(async () => {
    leading.abort();
    await led;
  });

  const pages = {
    "/streams": (): Page => ({ kind: "list", name: "streams", items: xds.shown() }),
    "/slipped-through": (): Page => ({ kind: "object", object: leader.slippedThrough() }),
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

interface Replica {
  readonly client: KubeClient;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly stops: StopStack;
}

/** The mesh's authority, which signs this replica's certificate. */
function sharedByReplicas(
  meshAuthority: typeof import("../pki/mesh-authority.ts").meshAuthority,
  { client, configuration, log, stops }: Replica,
): SharedAuthority {
  const keeping = new AbortController();
  const policy = policyOf(configuration.controlPlane.certificates);
  const authority = meshAuthority({ client, log, policy, now: () => new Date() }, keeping.signal);
  stops.push(async () => {
    keeping.abort();
    await authority.ended;
  });
  return authority;
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

/**
 * Goes on as before for a moment, as new connections still come until every node knows that this replica leaves; then ends the streams in
 * quick succession, and whatever is left at the end at once (docs/decisions/0023-many-proxies.md).
 */
async function drained(xds: XdsServer, milliseconds: number): Promise<void> {
  const { drainShare, settleShare } = CONTROL_PLANE_LIMITS;
  const deadline = setTimeout(() => xds.destroy(), milliseconds);
  if (xds.streams() > 0) await wait(milliseconds * settleShare);
  await xds.drain(milliseconds * drainShare);
  clearTimeout(deadline);
}
