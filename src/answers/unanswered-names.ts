import type { Problem } from "../graph/problem.ts";
import { refOf } from "../model/mesh-object.ts";
import { plainHost } from "../model/plain-host.ts";
import { type CloudMapDns, calledName } from "./cloud-map-dns.ts";
import type { MeshContents } from "./mesh-contents.ts";

/**
 * Virtual services whose names Cloud Map answered and the Corefile of a cluster's CoreDNS does not. None where the Corefile imports others:
 * what stands there nobody here knows.
 */
export function unansweredNames(
  { zones }: CloudMapDns,
  { objects }: MeshContents,
  corefile: string,
): readonly Problem[] {
  const answered = answeredIn(corefile);
  if (answered === undefined) return [];
  const missing = new Map<string, string>();
  for (const { name: zone, services } of zones) {
    for (const { name } of services) if (!answered(zone, name)) missing.set(name, zone);
  }
  return objects.flatMap((parsed): Problem[] => {
    if (parsed.kind !== "parsed" || parsed.object.kind !== "VirtualService") return [];
    const name = calledName(parsed.object);
    const zone = missing.get(name);
    if (zone === undefined) return [];
    const message = `${name} is a name of the Cloud Map namespace ${zone}, and the Corefile of kube-system/coredns does not answer it: apps cannot look it up`;
    const help =
      "add what outrigger dns prints to the Corefile, or call a service that is named after a Kubernetes Service";
    return [{ code: "name-not-answered", object: refOf(parsed.object), path: "spec.awsName", message, help }];
  });
}

/**
 * Whether a Corefile answers a name of a zone: it has a block for the zone, and, where that lists names, this one. A block for everything
 * (`.`) asks the world, where a private zone is not. Undefined: it imports others.
 */
function answeredIn(corefile: string): ((zone: string, name: string) => boolean) | undefined {
  const lines = corefile.split("\n").map((line) => line.replace(/(?:^|\s)#.*$/, "").trim());
  const blocks = new Map<string, { readonly words: Set<string>; lists: boolean }>();
  let depth = 0;
  let current: { readonly words: Set<string>; lists: boolean } = { words: new Set(), lists: false };
  for (const line of lines) {
    const words = line.split(/\s+/).filter((word) => word !== "" && word !== "{" && word !== "}");
    if (words[0] === "import") return undefined;
    if (depth === 0 && words.length > 0) {
      current = { words: new Set(), lists: false };
      for (const word of words) blocks.set(zoneIn(word), current);
    } else {
      // those of a file are not known here, and with fallthrough the next plugin answers
      if (words[0] === "hosts") current.lists = words.length === 1;
      if (words[0] === "fallthrough") current.lists = false;
      for (const word of words) current.words.add(plainHost(word));
    }
    depth += line.split("{").length - line.split("}").length;
  }
  return (zone, name) => {
    const block = blocks.get(zone);
    return block !== undefined && (!block.lists || block.words.has(name));
  };
}

/** The zone of an address such as `dns://pvt.local.:53`. */
function zoneIn(address: string): string {
  return plainHost(
    address
      .replace(/^[a-z]+:\/\//, "")
      .replace(/,$/, "")
      .replace(/:\d+$/, "")
      .replace(/\{$/, ""),
  );
}
