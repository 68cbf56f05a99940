import { RECORD_KEY } from "../../model/names.ts";
import type { Ended, Trace } from "../trace.ts";
import type { Seen } from "./seen.ts";

/** Before the pod may be skipped: a slip in an annotation can be the very reason for that. */
export function annotationWarnings({ annotations }: Pick<Seen, "annotations">, trace: Trace): undefined {
  for (const warning of annotations.warnings) trace.warn("annotations", warning);
}

/** After the pod may be skipped: whoever wants no sidecar may write what they like. */
export function readableAnnotations({ annotations }: Pick<Seen, "annotations">, trace: Trace): Ended | undefined {
  const rule = "annotations";
  const { problems, reserved } = annotations;
  if (problems.length > 0) return trace.deny(rule, "bad-annotation", problems.join("; "));
  if (reserved.length > 0) {
    return trace.deny(
      rule,
      "reserved-annotation",
      `only Outrigger writes ${reserved.join(", ")}, and without ${RECORD_KEY} they were not written by it; remove them (a manifest saved from a running pod: outrigger uninject)`,
    );
  }
  return trace.pass(rule, "all annotations can be read");
}
