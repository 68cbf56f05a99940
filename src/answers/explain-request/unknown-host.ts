import { calledPorts } from "../../graph/called-ports.ts";
import type { NodeView } from "../../graph/view.ts";
import { effectiveAwsName } from "../../model/aws-names.ts";
import { textOfBytes } from "../../model/bytes-of-text.ts";
import { nearestOnes } from "../../model/nearest.ts";
import { plainHost } from "../../model/plain-host.ts";
import type { Around } from "./around.ts";
import type { Outcome } from "./explanation.ts";
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
  const all = graph.list("VirtualService").filter((service) => {
    const standing = graph.standing({ kind: "VirtualService", ...placeOf(service.metadata) });
    return standing?.mesh === view.mesh.name && standing.hasName;
  });
  const named = all.map(({ metadata, spec }) => ({
    name: effectiveAwsName("VirtualService", metadata, spec.awsName),
    place: `${metadata.namespace}/${metadata.name}`,
  }));
  const same = named.find(({ name }) => plainHost(name) === asked);
  if (same !== undefined) {
    return status(
      `virtual service ${same.name} is no backend of ${node}`,
      `add it to the backends of VirtualNode ${view.object.namespace}/${view.object.name}: virtualServiceRef of VirtualService ${same.place}`,
    );
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
