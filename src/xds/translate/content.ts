import type { Instance } from "../../graph/cloud-map.ts";
import type { Member } from "../../graph/registry.ts";
import type { MeshView } from "../../graph/view.ts";
import type { CloudMapQuery } from "../../model/cloud-map.ts";
import type { ServicePort } from "../../model/services.ts";
import { type Resource, resourceOf } from "../encode/resource.ts";
import { endpointsNamed, endpointsOfView, instanceMembers, loadAssignment } from "./endpoints.ts";
import type { LeftService } from "./gateway-second-pass.ts";
import { translateView } from "./mesh-view.ts";
import type { ClusterNames } from "./node.ts";
import { translate } from "./translate.ts";
import type { ProxyView } from "./view.ts";

/** What proxies get that is made of the mesh alone: no secrets that somebody signs, and no addresses of pods. */
export interface MeshResources {
  readonly resources: readonly Resource[];
  /** Names of the endpoints that its clusters have. */
  readonly endpoints: readonly string[];
}

/**
 * What the proxies of a view get; without one that is to be served their traffic passes through. `left`: services to which a gateway's routes led
 * until now. Pure.
 */
export function meshResources(
  view: MeshView | undefined,
  traits: ProxyView,
  cluster: ClusterNames,
  left: readonly LeftService[] = [],
): MeshResources {
  if (view?.mode !== "serve") return { resources: translate(traits), endpoints: [] };
  return { resources: translateView(view, traits.traits, cluster, left), endpoints: endpointsOfView(view) };
}

/** Who can be called. */
export interface KnownEndpoints {
  readonly members: (port: ServicePort) => readonly Member[];
  readonly instances: (query: CloudMapQuery) => readonly Instance[];
}

/** The endpoints of a name, as they are known now. */
export function namedEndpoints(name: string, { members, instances }: KnownEndpoints): Resource {
  const { of, ipPreference } = endpointsNamed(name);
  const found =
    of.kind === "service" ? members(of.port) : instanceMembers(instances(of.instances), of.port, ipPreference);
  return resourceOf(loadAssignment(name, found));
}
