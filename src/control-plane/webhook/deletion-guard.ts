import { firstOf } from "../../model/first-of.ts";
import { keyOf, type ObjectRef } from "../../model/mesh-object.ts";
import { OBJECT_WEBHOOK_LIMITS } from "./limits.ts";
import { allowed, type ObjectAnswer, refusedAnswer } from "./object-answer.ts";

/** Setting `controlPlane.deletionGuards`. */
export type DeletionGuards = "warn" | "refuse";

/** The answer to a deletion, by what App Mesh wanted to be deleted before. */
export function guardDeletion(ref: ObjectRef, inTheWay: readonly ObjectRef[], guards: DeletionGuards): ObjectAnswer {
  if (inTheWay.length === 0) return allowed("accepted");
  const list = firstOf(inTheWay.map(keyOf), OBJECT_WEBHOOK_LIMITS.inTheWay);
  const message = `${keyOf(ref)} still has ${list}, which App Mesh wanted to be deleted first`;
  if (guards === "refuse") return refusedAnswer("deletion-guard", message);
  return allowed("deletion-guard", { warnings: [`${message} (deletion-guard)`] });
}
