import { z } from "zod";
import type { DeepReadonly } from "./deep-readonly.ts";
import { meshReference, reference } from "./field-types.ts";

/** `spec` of a BackendGroup: services that several nodes call. */
export const backendGroupSpec = z.object({
  meshRef: meshReference.optional(),
  virtualservices: z.array(reference("VirtualService")).describe("The services.").optional(),
});
export type BackendGroupSpec = DeepReadonly<z.output<typeof backendGroupSpec>>;
