import { readAnnotations } from "../annotations.ts";
import type { InjectionInput } from "../input.ts";
import { podView } from "../pod.ts";
import type { Step, Trace } from "../trace.ts";
import { findCapture } from "./capture.ts";
import { Chain } from "./chain.ts";
import { CONFLICTS } from "./conflicts.ts";
import { inOtherMesh, optedIn } from "./eligibility.ts";
import { findMesh, findNode } from "./identity.ts";
import { annotationWarnings, readableAnnotations } from "./readable-annotations.ts";
import { unusableName } from "./resource-names.ts";
import type { Seen } from "./seen.ts";
import { settle } from "./settings.ts";
import { trusted } from "./trusted.ts";
import { wellFormed } from "./well-formed.ts";

/** The rules for a pod without a record of injection, in the order in which they are asked. */
const RULES = Chain.of<Pick<Seen, "input">>()
  .check(wellFormed)
  .find("pod", ({ input }) => ({ found: podView(input.pod) }))
  .find("annotations", ({ input }) => ({ found: readAnnotations(input.pod) }))
  .check(annotationWarnings, optedIn, inOtherMesh, readableAnnotations)
  .find("node", findNode)
  .find("mesh", findMesh)
  .check(unusableName)
  .find("capture", findCapture)
  .find("settings", settle)
  .check(...CONFLICTS, trusted);

/**
 * Whether the pod gets a sidecar, as which node of which mesh, what is captured, and what stands against it: everything that
 * was found, or how the chain of rules ended. Every rule leaves a step in the trace.
 */
export function decide(input: InjectionInput, trace: Trace): Step<Seen> {
  return RULES.run({ input }, trace);
}
