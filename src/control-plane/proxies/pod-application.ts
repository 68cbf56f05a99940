import { randomBytes } from "node:crypto";
import type { InjectionCaches } from "../../cluster/caches.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { Configuration } from "../../config/schema.ts";
import type { MeshGraph, ViewRef } from "../../graph/graph.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Informer } from "../../kube/informer.ts";
import type { ObjectCache } from "../../kube/object-cache.ts";
import { sameJson } from "../../model/json.ts";
import type { ChangeSource } from "../../model/mesh-change.ts";
import type { NodeFacts } from "../../model/mesh-objects.ts";
import type { StoredReport } from "../../model/replica-report.ts";
import type { ReplicaTls } from "../../model/replica-tls.ts";
import { policyOf } from "../../pki/policy.ts";
import type { Log } from "../../serving/log.ts";
import { Publisher } from "../../xds/publish/publisher.ts";
import type { Application } from "../../xds/serve/application.ts";
import type { ConnectedProxy } from "../../xds/serve/streams.ts";
import type { WorkRound } from "../../xds/work-round.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import type { ControlPlaneMetrics } from "../metrics.ts";
import { livePod, type PodCaller } from "./callers.ts";
import type { KnownCertificates } from "./known-certificates.ts";
import type { KnownServices } from "./known-services.ts";
import { LeftServices } from "./left-services.ts";
import { MeshContent, viewRef } from "./mesh-content.ts";
import { NodeCertificates } from "./node-certificates.ts";
import { Questions } from "./questions.ts";
import { type Concerned, ServedProxies } from "./served-proxies.ts";
import { acknowledging } from "./tls-acknowledged.ts";
import { TlsChanges } from "./tls-changes.ts";
import { heldByOthers, ownTls } from "./tls-of-replicas.ts";
import { RefusedTokens } from "./token/refused-tokens.ts";
import { SigningKeys } from "./token/signing-keys.ts";
import { verifyToken } from "./token/verify-token.ts";

export interface PodApplicationParts {
  readonly client: KubeClient;
  readonly caches: InjectionCaches;
  readonly pods: Informer<PodSummary>;
  readonly configuration: Configuration;
  /** The mesh, which takes what the two sources tell. */
  readonly graph: MeshGraph;
  readonly store: ChangeSource;
  /** Kubernetes Services. */
  readonly services: Pick<KnownServices, "onChange" | "members">;
  /** The Secrets that ARNs of certificates mean. */
  readonly certificates: KnownCertificates;
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
  readonly log: Log;
  readonly metrics: Pick<ControlPlaneMetrics, "mismatch" | "tokenChecked" | "tlsStepLate" | "tlsStepUnheard">;
  /** Every proxy that has a stream here. */
  readonly connected: () => Iterable<ConnectedProxy>;
  /** Name of the pod that this process is in, where it is in one. */
  readonly identity: string;
  /** What replicas say of their proxies, as it was read last. */
  readonly reports: Pick<ObjectCache<StoredReport | undefined>, "get">;
  /** There is something else to say in the own report of changes of TLS. */
  readonly tlsSaid: () => void;
  /** Where changes are brought to proxies. */
  readonly round: WorkRound;
  readonly signal: AbortSignal;
}

export interface PodApplication extends Application<PodCaller> {
  /** The node or gateway whose view the proxy of a pod has, by the pod's UID; undefined: none, or the pod has no proxy here. */
  nodeOf(podUid: string): ViewRef | undefined;
  /** How many listeners are on their way to other TLS. */
  tlsChanges(): number;
  /** What this replica's report is to say of them. */
  tlsSaid(): ReplicaTls;
  /** How many nodes and gateways have waited for long for a certificate, or for roots, of the authority that signs them. */
  lateCertificates(): number;
  /** Names of the endpoints that a pod is among by Cloud Map; none while streams were not brought all that is known of endpoints. */
  endpointsWith(namespace: string, pod: string): readonly string[];
}

/** Whoever presents a pod's own token is that pod's proxy, and gets what its pod resolves to. */
export function podApplication(parts: PodApplicationParts): PodApplication {
  const { client, caches, pods, configuration, log, metrics, round, signal } = parts;
  const clock = (): number => performance.now();
  // apart, so that strangers' tokens do not use up the questions about pods whose tokens were good
  const reviews = new Questions(clock);
  const podReads = new Questions(clock);
  const keys = new SigningKeys({ client, signal, now: clock });
  const checking = {
    client,
    signal,
    keys,
    refused: new RefusedTokens(clock),
    mayAsk: (peer: string) => reviews.may(peer),
    now: () => new Date(),
    checked: metrics.tokenChecked,
  };
  const looking = { client, signal, pods, mayAsk: (peer: string) => podReads.may(peer) };
  const failed = (view: string, error: unknown): void =>
    log.error({ view, problem: String(error) }, "a change could not be made for a view");
  const certificates = new NodeCertificates({
    // it signs, which takes long to load, and for most meshes nothing
    authority: async () => {
      const { workloadAuthority } = await import("../../pki/workload-authority.ts");
      const policy = policyOf(configuration.controlPlane.certificates);
      return workloadAuthority({ client, log, policy, now: () => new Date() }, signal);
    },
    known: parts.certificates,
    changed: (view) => publisher.changed(view),
    log,
    now: Date.now,
    random: Math.random,
    signal,
  });
  const leftServices = new LeftServices({
    changed: (view) => publisher.changed(view),
    now: clock,
    later: (milliseconds, callback) => void setTimeout(callback, milliseconds).unref(),
    keep: CONTROL_PLANE_LIMITS.leftServices,
  });
  const process = randomBytes(8).toString("hex");
  const replicas = { pods: pods.cache, reports: parts.reports, identity: parts.identity, process };
  const tlsChanges = new TlsChanges({
    changed: (view) => publisher.changed(view),
    acknowledging: () =>
      acknowledging(parts.connected(), {
        viewOf: (podUid) => proxies.viewOf(podUid),
        isBrought: (view) => publisher.isBrought(view),
      }),
    others: () => heldByOthers(replicas),
    said: parts.tlsSaid,
    written(key) {
      const ref = viewRef(key);
      try {
        return ref && parts.graph.view(ref);
      } catch (error) {
        failed(key, error);
        return undefined;
      }
    },
    isUpToDate: () => parts.graph.hasAllViews,
    late: () => metrics.tlsStepLate(),
    unheard: () => metrics.tlsStepUnheard(),
    log,
    now: clock,
    later: (milliseconds, look) => void setTimeout(look, milliseconds).unref(),
  });
  const content = new MeshContent(parts.graph, parts.clusterDomain, {
    round,
    changed: (view) => publisher.changed(view),
    endpointsChanged: (name) => publisher.endpointsChanged(name),
    services: parts.services,
    certificates,
    leftServices,
    tlsChanges,
    failed,
  });
  const publisher = new Publisher({ source: content, failed, round });
  const proxies = new ServedProxies({
    publisher,
    caches,
    pods,
    configuration,
    round,
    failed,
    mismatch(caller, claimed, identity) {
      metrics.mismatch();
      const { claimedCharacters } = CONTROL_PLANE_LIMITS;
      const fields = { pod: caller.name, claimed: claimed.slice(0, claimedCharacters), identity };
      log.warn(fields, "the proxy says that it is another node than its pod resolves to");
    },
    untraced: (caller, problem) => log.warn({ pod: caller.name, problem }, "the proxy is served without tracing"),
  });
  // services and pods first: the first views have their addresses
  content.followServices(signal);
  content.followPods(pods, signal);
  content.follow(parts.store, signal);
  content.follow(parts.certificates, signal);
  onMembershipChange({ caches, pods }, (concerned) => proxies.membersChanged(concerned), signal);
  pods.onChange(({ before, after }) => {
    if (after === undefined) return;
    if (before?.deletion !== after.deletion || !sameJson(before?.addresses, after.addresses)) proxies.podChanged(after);
  }, signal);
  return {
    async authenticate(authorization, peer) {
      const bearer = await verifyToken(checking, authorization, peer);
      return livePod(looking, bearer, peer);
    },
    admit: (caller, claim) => proxies.admit(caller, claim),
    nodeOf: (podUid) => proxies.nodeOf(podUid),
    tlsChanges: () => tlsChanges.size,
    lateCertificates() {
      const late = certificates.late();
      if (late.length === 0) return 0;
      const inUse = new Set([...parts.connected()].map(({ key }) => proxies.viewOf(key)));
      return late.filter((view) => inUse.has(view)).length;
    },
    tlsSaid: () => ownTls(tlsChanges.said(), replicas),
    endpointsWith: (namespace, pod) => (publisher.isSettled ? content.namesWith(namespace, pod) : []),
  };
}

/** Says whose pods a change may make another node. */
function onMembershipChange(
  { caches, pods }: Pick<PodApplicationParts, "caches" | "pods">,
  changed: (concerned: Concerned) => void,
  signal: AbortSignal,
): void {
  caches.meshes.onChange(() => changed({ kind: "everybody" }), signal);
  // what is shared with other namespaces concerns pods there too
  const nodesOf = (namespace: string): readonly NodeFacts[] =>
    [caches.virtualNodes, caches.virtualGateways].flatMap(({ cache }) => cache.list(namespace));
  const concerned = (namespace: string, nodes: readonly (NodeFacts | undefined)[]): Concerned =>
    nodes.some((node) => node?.sharedWith !== undefined) ? { kind: "everybody" } : { kind: "namespace", namespace };
  caches.namespaces.onChange(({ name }) => changed(concerned(name, nodesOf(name))), signal);
  for (const informer of [caches.virtualNodes, caches.virtualGateways]) {
    informer.onChange(({ namespace, before, after }) => changed(concerned(namespace, [before, after])), signal);
  }
  pods.onChange(({ namespace, name, before, after }) => {
    // most events of pods are about their state, which makes them no other node
    if (before === undefined || after === undefined || sameClaim(before, after)) return;
    changed({ kind: "pod", namespace, name });
  }, signal);
}

function sameClaim(before: PodSummary, after: PodSummary): boolean {
  return sameJson(before.labels, after.labels) && sameJson(before.annotations, after.annotations);
}
