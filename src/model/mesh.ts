import { z } from "zod";
import type { DeepReadonly } from "./deep-readonly.ts";
import { awsName, ipPreference, KEEPS_AWS_NAME, labelSelector } from "./field-types.ts";
import { refusing } from "./rules.ts";

/** `spec` of a Mesh: who belongs to it, and what happens to traffic that leaves it. */
export const meshSpec = z
  .object({
    awsName: awsName("<name>"),
    egressFilter: z
      .object({ type: z.enum(["ALLOW_ALL", "DROP_ALL"]).describe("Whether traffic may leave the mesh.") })
      .describe("Traffic to what is no backend; absent: `DROP_ALL`.")
      .optional(),
    meshOwner: z.string().describe("AWS account that owns a shared mesh.").optional(),
    meshServiceDiscovery: z
      .object({ ipPreference: ipPreference.optional() })
      .describe("What counts for nodes that say nothing of their own.")
      .optional(),
    namespaceSelector: labelSelector
      .describe("Namespaces whose objects and pods belong to the mesh; absent: none, empty: all.")
      .optional(),
  })
  .meta(refusing(KEEPS_AWS_NAME));
export type MeshSpec = DeepReadonly<z.output<typeof meshSpec>>;
