import { isIP } from "node:net";
import { calledPorts } from "../../graph/called-ports.ts";
import type { NodeView, ServiceView } from "../../graph/view.ts";
import { servicesMeant } from "../../model/cluster-dns.ts";
import { plainHost } from "../../model/plain-host.ts";
import type { Around } from "./around.ts";
import { missingProvider, type Reason } from "./missing-targets.ts";
import type { SentRequest } from "./sent-request.ts";
import { notABackend } from "./unknown-host.ts";

/** Why a connection is closed that no service takes, and what helps. `address`: where it goes; undefined: not known. */
export function untakenConnection(
  sent: SentRequest,
  view: NodeView,
  address: string | undefined,
  around: Around,
): Reason {
  const { host, port } = sent;
  const end = `and the mesh's egress filter is DROP_ALL: the connection to ${host} is closed`;
  const meant = view.services.find((service) => isMeant(service, sent, view, around));
  if (meant?.provider.kind === "none") {
    const { why, help } = missingProvider(meant, around.graph);
    return {
      why: `${why}, so it is called on no port of its own; nor is any other backend on port ${port}, ${end}`,
      help,
    };
  }
  const missed = notABackend(host, view, around);
  if (missed !== undefined) return { why: `${missed.why}, ${end}`, help: missed.help };
  const onPort = view.services.filter((service) => calledPorts(service, view.targets).tcp.includes(port));
  const lets = `a backend with a listener of port ${port}, or egressFilter ALLOW_ALL of the Mesh, lets it through`;
  if (onPort.length === 0) {
    const why = `no backend of virtual node ${view.name} is called on port ${port}, ${end}`;
    return { why, help: `${portsText(view)}; ${lets}` };
  }
  const is = address === undefined ? `${host} is taken for none of them` : `${address} is none of them`;
  return {
    why: `port ${port} is called over TCP, where addresses decide, at that of ${onPort.map(addressesText).join(", or of ")} alone; ${is}, ${end}`,
    help: `call ${onPort.map(({ name }) => name).join(" or ")}; ${lets.replace("a backend", "a backend of its own")}`,
  };
}

/** Whether a host is a service's, in whatever form. */
export function isMeant(
  { name }: ServiceView,
  { host }: SentRequest,
  view: NodeView,
  { clusterDomain }: Around,
): boolean {
  if (plainHost(name) === plainHost(host)) return true;
  const keys = (of: string) =>
    servicesMeant(of, view.object.namespace, clusterDomain).map((one) =>
      [one.namespace, one.name, one.endpoint ?? ""].join("/"),
    );
  const own = new Set(keys(name));
  return keys(host).some((key) => own.has(key));
}

function addressesText({ name, addresses = [] }: ServiceView): string {
  // files have words in the place of addresses, which a cluster gives
  const known = addresses.filter((address) => isIP(address) !== 0);
  const shown = known.length === 0 ? "" : ` (${known.slice(0, 4).join(", ")}${known.length > 4 ? " and more" : ""})`;
  return `virtual service ${name}${shown}`;
}

function portsText({ services, targets }: NodeView): string {
  const ports = services.flatMap((service) => {
    const { tcp, http } = calledPorts(service, targets);
    return [...tcp, ...http];
  });
  const called = [...new Set(ports)].toSorted((one, other) => one - other).slice(0, 8);
  return called.length === 0
    ? "its backends are called on no port at all"
    : `its backends are called on ${called.join(", ")}`;
}
