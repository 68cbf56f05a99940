import { INJECTOR_NAME } from "../../model/names.ts";
import { nameOf } from "../../model/object-metadata.ts";
import type { NamespaceAdmission } from "../facts/test-admission.ts";
import { type Check, type CheckProblem, count, some, unread } from "./check.ts";

/** The proof of all the rest: a pod offered to the API server comes back with its sidecar. */
export const roundTrip: Check = {
  id: "round-trip",
  title: "Test admission",
  about: "installation",
  run({ testAdmissions, untried, registrations, namespaces }) {
    if (registrations.kind !== "read") return unread(registrations, "list of registrations");
    if (!registrations.value.some((object) => nameOf(object) === INJECTOR_NAME))
      return { notApplicable: "no webhook is registered" };
    if (namespaces.kind !== "read") return unread(namespaces, "namespace of this name");
    if (testAdmissions.length === 0)
      return { notApplicable: "no namespace is labelled, so no pod would be injected anywhere" };
    const injected = testAdmissions.filter(({ result }) => result.kind === "injected");
    const rest = untried > 0 ? `; ${count(untried, "more namespace")} not tried` : "";
    const where = injected.length > 0 ? ` (${some(injected.map(({ namespace }) => namespace))})` : "";
    const found = `injected in ${injected.length} of ${count(testAdmissions.length, "namespace")}${where}${rest}`;
    return { found, problems: testAdmissions.flatMap(problemOf) };
  },
};

function problemOf({ namespace, result }: NamespaceAdmission): readonly CheckProblem[] {
  const at = `namespace ${namespace}: a new pod`;
  switch (result.kind) {
    case "injected":
      return [];
    case "bare":
      return [
        {
          status: "failed",
          saw: `${at} came back without a sidecar`,
          hint: "see the checks registration, webhook-certificate and injector; kubectl logs -n appmesh-inject deployment/aws-app-mesh-inject",
        },
      ];
    case "refused":
      return [{ status: "warning", saw: `${at} is refused: ${result.message}`, hint: HINTS[result.by] }];
    case "unknown":
      return [{ status: "warning", saw: `${at} could not be tried: ${result.why}`, hint: "run the check again" }];
  }
}

const HINTS = {
  injector: "the injector answers and refuses this plain pod; the message says what a pod there needs",
  "pod-security": "see the check pod-security",
  other: "another rule of this namespace refuses the test pod; if it refuses yours too, its message says why",
} as const;
