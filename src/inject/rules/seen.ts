import type { MeshIdentity, Role } from "../../model/membership.ts";
import type { NodeFacts } from "../../model/mesh-objects.ts";
import type { AnnotationReading } from "../annotations.ts";
import type { Capture, SidecarSettings } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import type { PodView } from "../pod.ts";

/** Which virtual node or gateway the pod is, and the object behind it where there is one. */
export interface NodeIdentity {
  readonly role: Role;
  readonly object: NodeFacts | undefined;
}

/** What the rules see of a pod, more with each that finds something; every rule names what it needs of it. */
export interface Seen {
  readonly input: InjectionInput;
  readonly pod: PodView;
  /** Values, and what is wrong with the others. */
  readonly annotations: AnnotationReading;
  readonly node: NodeIdentity;
  readonly mesh: MeshIdentity;
  readonly capture: Capture;
  readonly settings: SidecarSettings;
}
