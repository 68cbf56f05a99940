import type { Ended, Trace } from "../trace.ts";
import { parseResourceName } from "../values.ts";
import type { Seen } from "./seen.ts";

/**
 * `spec.awsName` of Mesh, VirtualNode and VirtualGateway objects is free text to the API server, but a part of
 * `mesh/<mesh>/virtualNode/<node>` to us: the same forms as for annotations are let through.
 */
export function unusableName({ node, mesh }: Pick<Seen, "node" | "mesh">, trace: Trace): Ended | undefined {
  const kind = node.role.kind === "virtualNode" ? "VirtualNode" : "VirtualGateway";
  const names = [
    {
      what: `the name of the pod's ${kind}${node.object === undefined ? "" : ` ${node.object.name}`}`,
      text: node.role.name,
    },
    { what: "the name of the pod's Mesh", text: mesh.name },
    // of a mesh of another account: `name@owner`
    { what: "the owner of the pod's Mesh", text: mesh.path.slice(mesh.name.length) || "@" },
  ];
  for (const { what, text } of names) {
    const parsed = parseResourceName(text);
    if (parsed.ok) continue;
    return trace.deny("resource-names", "bad-pod", `${what} cannot be used: ${parsed.problem}; correct that object`);
  }
  return undefined;
}
