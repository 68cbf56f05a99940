import type { Registry } from "prom-client";
import { podLookUp } from "../../cluster/lookups.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Follow } from "../../pki/follow-object.ts";
import type { Reports } from "../reports/keep-report.ts";
import type { AppMeshController } from "../status/app-mesh-controller.ts";
import { type LeadObjectsParts, leadObjects } from "../status/lead-objects.ts";
import { releaseObjects } from "../status/release-objects.ts";
import type { Facts } from "./facts.ts";
import type { SignedByMesh } from "./own-certificate.ts";
import type { Replica } from "./replica.ts";
import type { Serving } from "./serving.ts";

export interface Leading {
  /** The answer to `GET /slipped-through` on the diagnostics listener. */
  slippedThrough(): JsonObject;
  /** Resolves after the signal, when nothing is being done any more. */
  readonly ended: Promise<void>;
}

export interface LeadingParts {
  readonly facts: Facts;
  readonly serving: Serving;
  readonly reports: Reports;
  /** What all replicas say. */
  readonly said: LeadObjectsParts["reports"];
  /** Whose trust the leader publishes. */
  readonly signed: SignedByMesh | undefined;
  /** Whether App Mesh objects are reviewed here, with that certificate. */
  readonly reviewsObjects: boolean;
  readonly isControllerRunning: AppMeshController;
  readonly registry: Registry;
}

/** Stands for election until the signal, and does the leader's work whenever it leads. */
export async function startLeading(replica: Replica, parts: LeadingParts, signal: AbortSignal): Promise<Leading> {
  // proxies need not wait for what only a leader needs to load
  const { leaderParts } = await import("../leader-parts.ts");
  const { client, configuration, release, identity, log } = replica;
  const { facts, isControllerRunning } = parts;
  const { injection, pods, store, services, certificates, leaving } = facts;
  const leader = leaderParts({
    client,
    caches: injection,
    pods,
    lookUp: podLookUp({
      caches: injection,
      client,
      controlPlane: configuration.proxy.controlPlane,
      fileTrust: undefined,
      signal,
    }),
    configuration,
    release,
    identity,
    log,
    registry: parts.registry,
    others: [
      ...publishing(replica, parts),
      leadObjects({
        client,
        pods: pods.cache,
        identity,
        log,
        graph: parts.serving.graph,
        store,
        services,
        certificates,
        own: () => parts.reports.report,
        reports: parts.said,
        place: { partition: "aws", ...configuration.arn },
        isControllerRunning,
      }),
      (until) => releaseObjects({ client, leaving, isControllerRunning, log }, until),
    ],
  });
  return { slippedThrough: () => leader.slippedThrough(), ended: leader.start(signal) };
}

/** Brings what vouches for the control plane to whoever calls it. */
function publishing(
  { client, log }: Replica,
  { signed, facts, reviewsObjects }: LeadingParts,
): ((until: AbortSignal) => Promise<void>)[] {
  if (signed === undefined) return [];
  const { authority, publish } = signed;
  // authority and trust are watched already
  const followAuthority: Follow = async (changed, until) => authority.onBundle(changed, until);
  const follow: Follow = async (changed, until) => {
    await followAuthority(changed, until);
    facts.injection.trust.onChange(changed, until);
  };
  const trust = (until: AbortSignal): Promise<void> => publish.trust({ client, log, follow }, until);
  const registrations = (until: AbortSignal): Promise<void> =>
    publish.registrations({ client, log, follow: followAuthority }, until);
  return reviewsObjects ? [trust, registrations] : [trust];
}
