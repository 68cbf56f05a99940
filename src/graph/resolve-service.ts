import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { ObjectRef } from "../model/mesh-object.ts";
import type { ClientPolicy } from "../model/tls.ts";
import type { MeshReader } from "./mesh-state.ts";
import { sayServiceFlaw } from "./named-services.ts";
import { type Say, SILENT } from "./report.ts";
import { resolveLink } from "./resolve-reference.ts";
import { resolveRouter, type Used, use } from "./resolve-router.ts";
import type { ProviderView, ServiceView } from "./view.ts";

/** A service that is called, by its name in App Mesh. */
export interface CalledService {
  readonly ref: ObjectRef<"VirtualService">;
  readonly awsName: string;
  readonly clientPolicy: DeepReadonly<ClientPolicy> | undefined;
}

/** What a service comes to, without its addresses; the nodes that it reaches are added to `used`. Problems are said of the service, not of its router. */
export function resolveService(
  { ref, awsName, clientPolicy }: CalledService,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  used: Used,
  say: Say,
): ServiceView {
  return {
    object: ref,
    name: awsName,
    addresses: undefined,
    clientPolicy,
    provider: providerOf(ref, mesh, reader, used, say),
  };
}

function providerOf(
  ref: ObjectRef<"VirtualService">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  used: Used,
  say: Say,
): ProviderView {
  const { virtualNode, virtualRouter } = reader.object(ref)?.spec.provider ?? {};
  const path = "spec.provider";
  if (virtualNode !== undefined && virtualRouter !== undefined) {
    say("ambiguous-field", path, "a service has a virtualNode or a virtualRouter, this has both", "give one");
    return NONE;
  }
  if (virtualNode !== undefined) {
    const link = { reference: virtualNode.virtualNodeRef, arn: virtualNode.virtualNodeARN };
    const node = resolveLink("VirtualNode", link, { ref, mesh, path: `${path}.virtualNode` }, reader, say);
    if (node.kind === "missing") return NONE;
    const listeners = reader.object(node.ref)?.spec.listeners ?? [];
    const ports = [...new Set(listeners.map(({ portMapping }) => portMapping.port))].toSorted((a, b) => a - b);
    if (ports.length === 0) {
      say("no-target", `${path}.virtualNode`, `${node.awsName} has no listener`, "add the port where its app listens");
      return NONE;
    }
    // of several one may be for others than the mesh
    sayServiceFlaw(reader.object(node.ref), ports, `${path}.virtualNode`, reader, say);
    for (const port of ports) use(used, node, port);
    return { kind: "node", target: node.awsName, ports };
  }
  if (virtualRouter !== undefined) {
    const link = { reference: virtualRouter.virtualRouterRef, arn: virtualRouter.virtualRouterARN };
    const found = resolveLink("VirtualRouter", link, { ref, mesh, path: `${path}.virtualRouter` }, reader, say);
    if (found.kind === "missing") return NONE;
    // what is wrong with the routes is said of the router
    const router = resolveRouter(found, mesh, reader, used, SILENT);
    return router === undefined ? NONE : { kind: "router", router };
  }
  say("no-target", path, "the service has no provider, so nobody answers", "name a virtualNode or a virtualRouter");
  return NONE;
}

const NONE: ProviderView = { kind: "none" };
