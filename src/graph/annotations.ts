import { isIP } from "node:net";
import { mayDialHost, OF_THE_SIDECAR } from "../model/dialable.ts";
import { MESH_KEY, OUTRIGGER_PREFIX } from "../model/names.ts";
import { NAMESPACES_KEY, sharedNamespaces } from "../model/shared-namespaces.ts";
import type { Say } from "./report.ts";
import { shown } from "./shown.ts";
import type { GatewayView, MeshView } from "./view.ts";

/* Annotations of ours on App Mesh objects and namespaces. */

/** Of a VirtualNode: `dns` or `endpoints`. */
export const DISCOVERY_KEY = `${OUTRIGGER_PREFIX}discovery`;
/** Of a VirtualNode without podSelector: its addresses. */
const ENDPOINTS_KEY = `${OUTRIGGER_PREFIX}endpoints`;
const MOST_ENDPOINTS = 256;
/** Of a VirtualGateway: `true` where clients connect to it themselves, or through a load balancer that only passes connections on. */
export const USE_REMOTE_ADDRESS_KEY = `${OUTRIGGER_PREFIX}use-remote-address`;

type Annotations = Readonly<Record<string, string>>;

/** Says what of the annotation that shares a node or gateway cannot be read, and who may not use it although it is named. */
export function sharingProblems(
  annotations: Annotations,
  selects: (namespace: string) => boolean,
  mesh: string,
  say: Say,
): void {
  const { names, bad } = sharedNamespaces(annotations);
  const [first] = bad;
  if (first !== undefined) {
    const help = "write names of namespaces with commas, or * for all of the mesh";
    say("bad-annotation", "", `annotation ${NAMESPACES_KEY} has the entry ${shown(first)}`, help);
  }
  for (const name of names.filter((one) => one !== "*" && !selects(one))) {
    const found = `annotation ${NAMESPACES_KEY} names ${name}, which Mesh ${mesh} does not select`;
    say("bad-annotation", "", found, "label the namespace as the Mesh's namespaceSelector wants it, or take it out");
  }
}

/** `serve` or `observe` where the annotation says so; anything else is as if it were not there, and a problem. */
export function modeOf(annotations: Annotations, where: string, say: Say): MeshView["mode"] | undefined {
  const value = annotations[MESH_KEY];
  if (value === undefined || value === "serve" || value === "observe") return value;
  say("bad-annotation", "", `annotation ${MESH_KEY} of ${where} is ${shown(value)}`, "write serve or observe");
  return undefined;
}

/** How the addresses of a host name are found, where the annotation says it; anything else is as if it were not there, and a problem. */
export function lookupOf(annotations: Annotations, say: Say): "dns" | "endpoints" | undefined {
  const value = annotations[DISCOVERY_KEY];
  if (value === undefined || value === "dns" || value === "endpoints") return value;
  say("bad-annotation", "", `annotation ${DISCOVERY_KEY} is ${shown(value)}`, "write dns or endpoints");
  return undefined;
}

/** Where a gateway takes the addresses of clients from; anything but true and false is as if it were not there, and a problem. */
export function clientAddressOf(annotations: Annotations, say: Say): GatewayView["clientAddress"] {
  const value = annotations[USE_REMOTE_ADDRESS_KEY];
  if (value !== undefined && value !== "true" && value !== "false") {
    say("bad-annotation", "", `annotation ${USE_REMOTE_ADDRESS_KEY} is ${shown(value)}`, "write true or false");
  }
  return value === "true" ? "connection" : "forwarded";
}

interface Endpoint {
  readonly address: string;
  readonly port: number | undefined;
}

/** Of the entries that cannot be used, how many are named one by one. */
const MOST_NAMED = 3;
const FORMS = "write addresses such as 10.0.0.7, 10.0.0.7:8080, fd00::7 or [fd00::7]:8080, with commas";

/**
 * The addresses of a node, `ADDRESS[:PORT]` separated by commas, each once; undefined where the annotation is absent, or has no effect because
 * the node has pods. Entries that cannot be used are left out, and are problems. `ports`: those of the listeners, which entries without a port have.
 */
export function endpointsOf(
  annotations: Annotations,
  hasPods: boolean,
  ports: readonly number[],
  say: Say,
): readonly Endpoint[] | undefined {
  const value = annotations[ENDPOINTS_KEY];
  if (value === undefined) return undefined;
  const annotation = `annotation ${ENDPOINTS_KEY}`;
  if (hasPods) {
    const help = "remove the annotation, or the podSelector if the node is outside of the cluster";
    say("bad-annotation", "", `${annotation} has no effect on a node with a podSelector`, help);
    return undefined;
  }
  const entries = value.split(",").map((entry) => entry.trim());
  if (entries.length > MOST_ENDPOINTS) {
    const found = `${annotation} has ${entries.length} entries; the first ${MOST_ENDPOINTS} count`;
    say("bad-annotation", "", found, `write at most ${MOST_ENDPOINTS}`);
  }
  const read = entries.slice(0, MOST_ENDPOINTS).map((text, index) => ({ text, index, ...readEndpoint(text, ports) }));
  const bad = read.filter(({ problem }) => problem !== undefined);
  for (const { text, index, problem = "" } of bad.slice(0, MOST_NAMED)) {
    say("bad-annotation", "", `${annotation} has ${shown(text)} as entry ${index + 1}: ${problem}`, FORMS);
  }
  if (bad.length > MOST_NAMED) {
    say("bad-annotation", "", `${annotation} has ${bad.length - MOST_NAMED} more entries that cannot be used`, FORMS);
  }
  const good = read.flatMap(({ endpoint }) => endpoint ?? []);
  return [...new Map(good.map((endpoint) => [`${endpoint.address} ${endpoint.port}`, endpoint])).values()];
}

type ReadEndpoint =
  | { readonly endpoint: Endpoint; readonly problem?: never }
  | { readonly endpoint?: never; readonly problem: string };

function readEndpoint(text: string, ports: readonly number[]): ReadEndpoint {
  const endpoint = endpointIn(text);
  if (endpoint === undefined) return { problem: "it is no IP address with or without a port" };
  const { address, port } = endpoint;
  if (!mayDialHost(address)) {
    return { problem: "addresses of this host, of its link, of groups and of nobody are never called" };
  }
  const own = (port === undefined ? ports : [port]).find((one) => OF_THE_SIDECAR.has(one));
  return own === undefined ? { endpoint } : { problem: `port ${own} is one of the sidecar's own` };
}

function endpointIn(text: string): Endpoint | undefined {
  if (isIP(text) !== 0) return { address: text, port: undefined };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  if (isIP(address) !== (bracketed === undefined ? 4 : 6)) return undefined;
  if (digits === undefined) return { address, port: undefined };
  const port = Number(digits);
  return port < 1 || port > 65_535 ? undefined : { address, port };
}
