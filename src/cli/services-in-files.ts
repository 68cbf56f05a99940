import { effectiveAwsName } from "../model/aws-names.ts";
import { CLUSTER_DOMAIN, servicesMeant } from "../model/cluster-dns.ts";
import type { ServiceChange } from "../model/mesh-change.ts";
import type { MeshObject } from "../model/mesh-object.ts";
import type { ServiceSummary } from "../model/services.ts";

/** A Service of the files. */
export interface GivenService {
  readonly namespace: string;
  readonly name: string;
  readonly summary: ServiceSummary;
}

/**
 * Each virtual service that is named as a Service, or as an endpoint of one, is taken to have one, with an address of its own: a cluster gives
 * it when it is applied. So is each node that is found by such a name, with the ports of its listeners; where the Service is among the files,
 * with its own.
 */
export function servicesInFiles(
  objects: readonly MeshObject[],
  given: readonly GivenService[],
): readonly ServiceChange[] {
  const named = objects.flatMap((object) => {
    const { host, ports } = hostOf(object);
    // of two that it may mean the last is a Service as a whole
    const meant = servicesMeant(host, object.metadata.namespace, CLUSTER_DOMAIN).at(-1);
    return meant === undefined ? [] : [{ ...meant, ports }];
  });
  const byPlace = Map.groupBy(named, ({ namespace, name }) => `${namespace}/${name}`);
  return [...byPlace].flatMap(([place, [first, ...others]]): readonly ServiceChange[] => {
    if (first === undefined) return [];
    const { namespace, name } = first;
    const own = [first, ...others].flatMap(({ endpoint }) => endpoint ?? []);
    const endpoints = new Map(own.map((endpoint) => [endpoint, [`of ${endpoint}.${place}`]]));
    const summary = given.findLast((one) => one.namespace === namespace && one.name === name)?.summary;
    const addresses = summary?.kind === "alias" ? undefined : [`of ${place}`];
    const ports = summary === undefined ? [first, ...others].flatMap((one) => one.ports) : portsOf(summary);
    const after = { addresses, endpoints, headless: summary?.kind === "headless", ports, hasSlices: true };
    return [{ kind: "service", namespace, name, before: undefined, after }];
  });
}

/** The name by which an object is called or found, and the ports that are called there; empty: none. */
function hostOf({ kind, metadata, spec }: MeshObject): { readonly host: string; readonly ports: readonly number[] } {
  switch (kind) {
    case "VirtualService":
      return { host: effectiveAwsName(kind, metadata, spec.awsName), ports: [] };
    case "VirtualNode": {
      const ports = (spec.listeners ?? []).map(({ portMapping }) => portMapping.port);
      return { host: spec.serviceDiscovery?.dns?.hostname ?? "", ports };
    }
    default:
      return { host: "", ports: [] };
  }
}

function portsOf(summary: ServiceSummary): readonly number[] {
  return summary.kind === "alias" ? [] : summary.ports.map(({ port }) => port);
}
