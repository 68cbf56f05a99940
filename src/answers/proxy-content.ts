import type { MeshGraph, ViewRef } from "../graph/graph.ts";
import type { MeshView } from "../graph/view.ts";
import { PLAIN_TRAITS, type ProxyTraits } from "../model/proxy-traits.ts";
import { encodeResource } from "../xds/encode/encode-resource.ts";
import type { Resource } from "../xds/encode/resource.ts";
import { meshResources } from "../xds/translate/content.ts";
import { signedSecrets } from "../xds/translate/secrets.ts";
import { type ResourceType, typeName } from "../xds/types.ts";

/** A resource that a proxy is to have. */
export interface ToldResource {
  readonly type: ResourceType;
  readonly name: string;
  /** By which two are told apart: that of the control plane, but for secrets that it signs and for endpoints. */
  readonly version: string;
  /** Undefined: what is in it only the control plane knows. */
  readonly resource: Resource | undefined;
}

/** What all proxies of a cluster are configured by. */
export interface ProxySettings {
  /** File for a line a connection; empty: none. */
  readonly accessLog: string;
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
}

/** Endpoints of a name, as they are told. */
export type EndpointsOfName = (name: string) => Resource;

/**
 * Everything that the control plane tells a proxy of a node that wants it so, out of the same functions; without a node its traffic passes through.
 * What is its pod's alone is not among it: the listener for statistics.
 */
export function proxyContent(
  graph: Pick<MeshGraph, "view">,
  node: ViewRef | undefined,
  traits: ProxyTraits,
  { accessLog, clusterDomain }: ProxySettings,
  endpointsOf: EndpointsOfName,
): ReadonlyMap<string, ToldResource> {
  const view = node && graph.view(node);
  const served = {
    traits: traits.tracing.kind === "unreadable" ? { ...traits, tracing: PLAIN_TRAITS.tracing } : traits,
    accessLog,
  };
  const { resources, endpoints } = meshResources(view, served, { domain: clusterDomain });
  const told = [
    ...resources.map(toldResource),
    ...endpoints.map((name) => toldResource(endpointsOf(name))),
    ...(view?.mode === "serve" ? signed(view) : []),
  ];
  return new Map(told.map((one) => [`${one.type} ${one.name}`, one]));
}

function toldResource(resource: Resource): ToldResource {
  const { type, name, version } = encodeResource(resource);
  return { type: typeName(type) ?? "cluster", name, version, resource };
}

/** Of what the control plane signs, or has in Secrets, only this is known here: which, and for which names. */
function signed(view: MeshView): readonly ToldResource[] {
  const names = view.kind === "virtualNode" ? view.certificateNames.join(" ") : "";
  return signedSecrets(view).map(({ name, kind }) => ({
    type: "secret",
    name,
    version: kind === "trust" ? "" : names,
    resource: undefined,
  }));
}
