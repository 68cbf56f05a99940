import type { KubeReader } from "../kube/client.ts";
import type { Informer, InformerState } from "../kube/informer.ts";
import type { KubeTimings } from "../kube/limits.ts";
import { partOf, type Watched } from "../kube/watched.ts";
import { KINDS, type Kind } from "../model/kinds.ts";
import { meshFacts, nodeFacts } from "../model/mesh-objects.ts";
import type { Leaving } from "../model/old-finalizers.ts";
import type { ParsedObject } from "../model/parse-object.ts";
import type { ServiceSummary, SliceSummary } from "../model/services.ts";
import { type InjectionCaches, informerStarter, startCommonCaches } from "./caches.ts";
import { PODS, type PodSummary } from "./pods-resource.ts";
import { type MeshResource, meshResource } from "./resources.ts";
import { ENDPOINT_SLICES, SERVICES } from "./service-resources.ts";

/** All that the control plane knows of a cluster. Each collection is watched once, whoever reads it. */
export interface ControlPlaneCaches {
  /** As injection sees the cluster: for which node a pod is, and whether it slipped through. */
  readonly injection: InjectionCaches;
  /** App Mesh's objects, whole. */
  readonly objects: Readonly<Record<Kind, Watched<ParsedObject>>>;
  /** Which of them wait for App Mesh's own controller before they may go. */
  readonly leaving: Readonly<Record<Kind, Watched<Leaving>>>;
  readonly pods: Informer<PodSummary>;
  readonly services: Informer<ServiceSummary>;
  readonly slices: Informer<SliceSummary>;
  /** All that are watched, for what concerns each alike. */
  readonly informers: readonly InformerState[];
}

/** The caches of the control plane, which fill until the signal. */
export function startControlPlaneCaches(
  client: KubeReader,
  signal: AbortSignal,
  timings?: KubeTimings,
): ControlPlaneCaches {
  const start = informerStarter(client, signal, timings);
  const common = startCommonCaches(start);
  const kinds = {
    Mesh: start(meshResource("Mesh", meshFacts)),
    VirtualNode: start(meshResource("VirtualNode", nodeFacts)),
    VirtualGateway: start(meshResource("VirtualGateway", nodeFacts)),
    VirtualRouter: start(meshResource("VirtualRouter", none)),
    VirtualService: start(meshResource("VirtualService", none)),
    GatewayRoute: start(meshResource("GatewayRoute", none)),
    BackendGroup: start(meshResource("BackendGroup", none)),
  } satisfies Record<Kind, unknown>;
  const [pods, services, slices] = [start(PODS), start(SERVICES), start(ENDPOINT_SLICES)];
  const ofAll = <P extends object>(part: (object: MeshResource<unknown>) => P): Readonly<Record<Kind, Watched<P>>> =>
    Object.fromEntries(KINDS.map((kind) => [kind, partOf<MeshResource<unknown>, P>(kinds[kind], part)])) as Record<
      Kind,
      Watched<P>
    >;
  return {
    injection: {
      ...common,
      meshes: partOf(kinds.Mesh, ({ facts }) => facts),
      virtualNodes: partOf(kinds.VirtualNode, ({ facts }) => facts),
      virtualGateways: partOf(kinds.VirtualGateway, ({ facts }) => facts),
    },
    objects: ofAll(({ parsed }) => parsed),
    leaving: ofAll(({ leaving }) => leaving),
    pods,
    services,
    slices,
    informers: [...Object.values(common), ...Object.values(kinds), pods, services, slices],
  };
}

/** Injection looks at nothing of the other kinds. */
function none(): undefined {
  return undefined;
}
