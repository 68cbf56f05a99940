import { z } from "zod";
import type { DeepReadonly } from "./deep-readonly.ts";
import { integer } from "./field-types.ts";
import { KIND_FACTS, type Kind } from "./kinds.ts";

const condition = z.object({
  lastTransitionTime: z.string().meta({ format: "date-time" }).describe("When the status changed last.").optional(),
  message: z.string().describe("What is the matter, for a person.").optional(),
  reason: z.string().describe("The same in one word, for a program.").optional(),
  status: z.string().describe("`True`, `False` or `Unknown`."),
  type: z.string().describe("What is said, such as `VirtualNodeActive`."),
});

const common = {
  conditions: z.array(condition).describe("Whether the object is accepted and in effect, and why not.").optional(),
  observedGeneration: integer().describe("Generation of the object that this was said of.").optional(),
};
export const objectStatus = z.object(common);
export type Condition = DeepReadonly<z.output<typeof condition>>;

const arn = z.string().describe("ARN of the object; made up, but stable.").optional();

/** `status` of a kind, for its CRD: conditions, and its ARNs; nothing at all for a BackendGroup. */
export function statusSchema(kind: Kind): z.ZodType {
  const { arnField } = KIND_FACTS[kind];
  if (arnField === undefined) return z.object({});
  const routes = z.record(z.string(), z.string()).describe("ARNs of the routes by their names.").optional();
  return z.object({ ...common, [arnField]: arn, ...(kind === "VirtualRouter" && { routeARNs: routes }) });
}
