import { calledPorts } from "../../graph/called-ports.ts";
import type { MeshGraph } from "../../graph/graph.ts";
import type { NodeView } from "../../graph/view.ts";
import { effectiveAwsName } from "../../model/aws-names.ts";
import { textOfBytes } from "../../model/bytes-of-text.ts";
import { nearestOnes } from "../../model/nearest.ts";
import { plainHost } from "../../model/plain-host.ts";
import type { Around } from "./around.ts";
import type { Outcome } from "./explanation.ts";
import { missingProvider, type Reason } from "./missing-targets.ts";
import type { HttpSent } from "./sent-request.ts";
import { withoutPort } from "./virtual-host.ts";

/** A slip of some letters, or a shorter form of the name. */
const SLIP = { longest: 253, oneIn: 5, always: 2 } as const;

/** Why no virtual host takes a request (404), and what may have been meant. */
export function unknownHost(sent: HttpSent, view: NodeView, { graph }: Around): Outcome {
  const host = textOfBytes(withoutPort(sent.authority));
  const asked = plainHost(host);
  const node = `virtual node ${view.name}`;
  const backend = view.services.find(({ name }) => plainHost(name) === asked);
  if (backend !== undefined) {
    const { http, tcp } = calledPorts(backend, view.targets);
    const ports = [...http, ...tcp.map((port) => `${port} (TCP)`)].join(", ");
    const why = `virtual service ${backend.name} is not called on port ${sent.port}`;
    const help = `call it on ${ports === "" ? "a port: it has none" : ports}, or give its router a listener of port ${sent.port}`;
    return status(why, help);
  }
  const named = servicesOfMesh(view, graph);
  const same = named.find(({ name }) => plainHost(name) === asked);
  if (same !== undefined) {
    const { why, help } = noBackend(same, view);
    return status(why, help);
  }
  const known = view.services.map(({ name }) => name);
  const near = nearNames(asked, [...new Set([...known, ...named.map(({ name }) => name)])]);
  const hint =
    near.length > 0
      ? `there is ${near.join(", ")}`
      : known.length === 0
        ? `${node} has no backends`
        : `the backends of ${node} are ${known.slice(0, 8).join(", ")}${known.length > 8 ? " and more" : ""}`;
  return status(
    `no virtual service is called ${host}, and the mesh's egress filter is DROP_ALL`,
    `${hint}; the whole name counts, not a short form of it`,
  );
}

interface NamedService {
  readonly name: string;
  /** Of its object. */
  readonly place: string;
}

/** Every virtual service of the node's mesh, by the name that it has. */
function servicesOfMesh(view: NodeView, graph: MeshGraph): readonly NamedService[] {
  const all = graph.list("VirtualService").filter((service) => {
    const standing = graph.standing({ kind: "VirtualService", ...placeOf(service.metadata) });
    return standing?.mesh === view.mesh.name && standing.hasName;
  });
  return all.map(({ metadata, spec }) => ({
    name: effectiveAwsName("VirtualService", metadata, spec.awsName),
    place: `${metadata.namespace}/${metadata.name}`,
  }));
}

function noBackend({ name, place }: NamedService, view: NodeView): Reason {
  return {
    why: `virtual service ${name} is no backend of virtual node ${view.name}`,
    help: `add it to the backends of VirtualNode ${view.object.namespace}/${view.object.name}: virtualServiceRef of VirtualService ${place}`,
  };
}

/** Why nothing of a virtual service counts for who calls its host: the node does not have it as a backend. Undefined: it has, or nobody is called so. */
export function notABackend(host: string, view: NodeView, { graph }: Around): Reason | undefined {
  const asked = plainHost(host);
  if (view.services.some(({ name }) => plainHost(name) === asked)) return undefined;
  const same = servicesOfMesh(view, graph).find(({ name }) => plainHost(name) === asked);
  return same && noBackend(same, view);
}

/**
 * What of a virtual service that was perhaps meant has no effect on a request that leaves the mesh: it is no backend, is not called on that port,
 * or has nobody who answers. `host`: as it was sent, without a port.
 */
export function passesBy(host: string, port: number, view: NodeView, around: Around): readonly string[] {
  const missed = notABackend(host, view, around);
  if (missed !== undefined) return [`${missed.why}, so its routes do not count; ${missed.help}`];
  const backend = view.services.find(({ name }) => plainHost(name) === plainHost(host));
  if (backend === undefined) return [];
  if (backend.provider.kind === "none") {
    const { why, help } = missingProvider(backend, around.graph);
    return [`${why}, so it is called on no port of its own; ${help}`];
  }
  const { http, tcp } = calledPorts(backend, view.targets);
  const ports = [...http, ...tcp.map((one) => `${one} (TCP)`)].join(", ");
  return [
    `virtual service ${backend.name} is not called on port ${port}; it is called on ${ports === "" ? "no port" : ports}`,
  ];
}

/** Where a request leaves the mesh by a short form of a service's name. */
export function shortForm(sent: HttpSent, { services }: NodeView): readonly string[] {
  const asked = plainHost(textOfBytes(withoutPort(sent.authority)));
  const meant = services.map(({ name }) => name).filter((name) => plainHost(name).startsWith(`${asked}.`));
  if (meant.length === 0) return [];
  return [`there is virtual service ${meant.slice(0, 3).join(", ")}: the whole name counts, not a short form of it`];
}

function status(why: string, help: string): Outcome {
  return { kind: "status", status: 404, why, help };
}

function placeOf({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return { namespace, name };
}

/** Names that begin alike up to a dot, or differ in a few letters. */
function nearNames(asked: string, known: readonly string[]): readonly string[] {
  const forms = known.filter((name) => {
    const plain = plainHost(name);
    return plain.startsWith(`${asked}.`) || asked.startsWith(`${plain}.`);
  });
  return (forms.length > 0 ? forms : nearestOnes(asked, known, SLIP)).slice(0, 3);
}
