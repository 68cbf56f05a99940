import type { EventText } from "../../kube/event-object.ts";
import { APPMESH_API_VERSION } from "../../model/kinds.ts";
import type { MeshObject } from "../../model/mesh-object.ts";
import type { Condition } from "../../model/object-status.ts";
import { PARTLY, saysTheSame, type WantedCondition, type WantedStatus } from "./wanted-status.ts";

/** Reasons of a condition that is `False` and about which nobody has to do anything. */
const NO_WARNING: ReadonlySet<string> = new Set(["Observed"]);

/**
 * What the conditions of an object turn into, for `kubectl describe`: a Warning for what is wrong now and was not before, or is another thing
 * than before, and a Normal event when nothing is any more. What several conditions say by one reason is said once. `object` has the
 * conditions as they were; of a new object to which nothing is wrong there is nothing to say.
 */
export function objectEvents(object: MeshObject, { conditions }: WantedStatus): readonly EventText[] {
  const before = new Map(object.conditions.map((one) => [one.type, one]));
  const isWrong = conditions.some(isWarned);
  const wasWrong = object.conditions.some(isWarned);
  const news = conditions.filter((one) => isWarned(one) && !saysTheSame(before.get(one.type), one));
  const [active] = conditions;
  if (!isWrong && wasWrong && active !== undefined) {
    return [{ ...about(object), type: "Normal", reason: active.reason, message: "nothing of it is wrong any more" }];
  }
  return [...new Map(news.map((one) => [one.reason, one])).values()].map(({ reason, message }) => ({
    ...about(object),
    type: "Warning",
    reason,
    message,
  }));
}

function isWarned({ status, reason }: WantedCondition | Condition): boolean {
  return reason === PARTLY || (status === "False" && !NO_WARNING.has(reason ?? ""));
}

function about({ kind, metadata }: MeshObject): Pick<EventText, "subject" | "action"> {
  const { namespace, name, uid } = metadata;
  return { subject: { apiVersion: APPMESH_API_VERSION, kind, namespace, name, uid }, action: "Reported" };
}
