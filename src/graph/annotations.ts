import { isIP } from "node:net";
import { MESH_KEY, OUTRIGGER_PREFIX } from "../model/names.ts";
import { NAMESPACES_KEY, sharedNamespaces } from "../model/shared-namespaces.ts";
import type { Say } from "./report.ts";
import { shown } from "./shown.ts";
import type { MeshView } from "./view.ts";

/* Annotations of ours on App Mesh objects and namespaces. */

/** Of a VirtualNode: `dns` or `endpoints`. */
export const DISCOVERY_KEY = `${OUTRIGGER_PREFIX}discovery`;
/** Of a VirtualNode without podSelector: its addresses. */
const ENDPOINTS_KEY = `${OUTRIGGER_PREFIX}endpoints`;
const MOST_ENDPOINTS = 256;

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

interface Endpoint {
  readonly address: string;
  readonly port: number | undefined;
}

/** The addresses of a node, `ADDRESS[:PORT]` separated by commas; undefined where the annotation is absent or cannot be read. */
export function endpointsOf(annotations: Annotations, say: Say): readonly Endpoint[] | undefined {
  const value = annotations[ENDPOINTS_KEY];
  if (value === undefined) return undefined;
  const entries = value.split(",").map((entry) => entry.trim());
  const endpoints = entries.map(endpoint);
  const bad = endpoints.indexOf(undefined);
  if (bad < 0 && entries.length <= MOST_ENDPOINTS) return endpoints.filter((one) => one !== undefined);
  const found = bad < 0 ? `has ${entries.length} entries` : `has ${shown(entries[bad] ?? "")} as entry ${bad + 1}`;
  const help = `write at most ${MOST_ENDPOINTS} of the form 10.0.0.7, 10.0.0.7:8080, fd00::7 or [fd00::7]:8080, with commas`;
  say("bad-annotation", "", `annotation ${ENDPOINTS_KEY} ${found}`, help);
  return undefined;
}

function endpoint(text: string): Endpoint | undefined {
  if (isIP(text) !== 0) return { address: text, port: undefined };
  const [, bracketed, plain, digits = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  const port = Number(digits);
  if (isIP(address) !== (bracketed === undefined ? 4 : 6) || port < 1 || port > 65_535) return undefined;
  return { address, port };
}
