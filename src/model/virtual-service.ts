import { z } from "zod";
import type { DeepReadonly } from "./deep-readonly.ts";
import { awsName, KEEPS_AWS_NAME, meshReference, reference } from "./field-types.ts";
import { refusing } from "./rules.ts";

/** `spec` of a VirtualService: a name that is called, and who answers it. */
export const virtualServiceSpec = z
  .object({
    awsName: awsName("<name>.<namespace>"),
    meshRef: meshReference.optional(),
    provider: z
      .object({
        virtualNode: z
          .object({
            virtualNodeARN: z.string().describe("The node by its ARN.").optional(),
            virtualNodeRef: reference("VirtualNode").optional(),
          })
          .describe("A node, by reference or by ARN.")
          .optional(),
        virtualRouter: z
          .object({
            virtualRouterARN: z.string().describe("The router by its ARN.").optional(),
            virtualRouterRef: reference("VirtualRouter").optional(),
          })
          .describe("A router, by reference or by ARN.")
          .optional(),
      })
      .describe("Who answers; one of the two, or nobody yet.")
      .optional(),
  })
  .meta(refusing(KEEPS_AWS_NAME));
export type VirtualServiceSpec = DeepReadonly<z.output<typeof virtualServiceSpec>>;
