import { setTimeout as wait } from "node:timers/promises";
import { ownClusterDns } from "../../cluster/resolv-conf.ts";
import { MeshGraph } from "../../graph/graph.ts";
import { CLUSTER_DOMAIN } from "../../model/cluster-dns.ts";
import type { CertificateSource } from "../../pki/certificate-source.ts";
import { type ListenAddress, notListening } from "../../serving/listen-address.ts";
import { serveXds, type XdsServer } from "../../xds/serve/xds-server.ts";
import { WorkRound } from "../../xds/work-round.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import type { ControlPlaneMetrics } from "../metrics.ts";
import { type PodApplication, type PodApplicationParts, podApplication } from "../proxies/pod-application.ts";
import { streamEvents } from "../proxies/stream-log.ts";
import { type CallablePods, callablePods } from "../status/callable-pods.ts";
import type { Facts } from "./facts.ts";
import type { Replica } from "./replica.ts";

/** What proxies are answered with, and who answers them. */
export interface Serving {
  readonly graph: MeshGraph;
  readonly application: PodApplication;
  readonly xds: XdsServer;
  readonly isCallable: CallablePods;
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
}

interface ServingParts extends Pick<PodApplicationParts, "metrics" | "reports" | "tlsSaid"> {
  readonly facts: Facts;
  readonly metrics: ControlPlaneMetrics;
  readonly certificate: CertificateSource;
}

/** Answers proxies. The signal ends what the answers follow; the listener goes on until it is drained. */
export async function startServing(
  listen: ListenAddress,
  replica: Replica,
  parts: ServingParts,
  signal: AbortSignal,
): Promise<Serving> {
  const { client, configuration, identity, log } = replica;
  const { facts, metrics, certificate, reports, tlsSaid } = parts;
  const { pods, store, services, certificates } = facts;
  const settings = configuration.controlPlane;
  const clusterDomain = (await ownClusterDns())?.domain ?? CLUSTER_DOMAIN;
  const graph = new MeshGraph({
    mesh: settings.mesh,
    accountId: configuration.accountId,
    clusterDomain,
    discovery: settings.discovery,
    certificates: settings.certificates.secrets,
  });
  const round = new WorkRound();
  let server: XdsServer | undefined;
  const application = podApplication({
    client,
    caches: facts.injection,
    pods,
    configuration,
    graph,
    store,
    services,
    certificates,
    clusterDomain,
    log,
    metrics,
    round,
    connected: () => server?.connected() ?? [],
    identity,
    reports,
    tlsSaid,
    signal,
  });
  const xds = await serveXds(listen, {
    credentials: certificate.current(),
    application,
    events: streamEvents(log, metrics),
    maxAge: settings.streamMaxAgeSeconds * 1000,
    round,
  }).catch((error: unknown) => {
    throw notListening(error, settings.listen, "controlPlane.listen");
  });
  server = xds;
  return {
    graph,
    application,
    xds,
    isCallable: callablePods({ application, proxies: xds, now: () => performance.now() }),
    clusterDomain,
  };
}

/**
 * Goes on as before for a moment, as new connections still come until every node knows that this replica leaves; then ends the streams in
 * quick succession, and whatever is left at the end at once (docs/decisions/0023-many-proxies.md).
 */
export async function drained(xds: XdsServer, milliseconds: number): Promise<void> {
  const { drainShare, settleShare } = CONTROL_PLANE_LIMITS;
  const deadline = setTimeout(() => xds.destroy(), milliseconds);
  if (xds.streams() > 0) await wait(milliseconds * settleShare);
  await xds.drain(milliseconds * drainShare);
  clearTimeout(deadline);
}
