import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { INJECTOR_NAME, isOurEntry } from "../../model/names.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { quoted } from "../facts/quoted.ts";
import { type Check, type CheckProblem, count, type Findings, unread } from "./check.ts";
import { registrationDifferences } from "./registration-differences.ts";

const INSTALL = "outrigger install writes it again";

export const registration: Check = {
  id: "registration",
  title: "Webhook registration",
  about: "installation",
  run({ registrations }) {
    if (registrations.kind !== "read") return unread(registrations, "list of registrations");
    const ours = registrations.value.find((object) => nameOf(object) === INJECTOR_NAME);
    if (ours === undefined) return absent();
    const entries = objectsOf(ours.webhooks);
    if (!entries.some(({ name }) => isOurEntry(stringOf(name) ?? ""))) return foreign(entries);
    const problems = registrationDifferences(ours).map(
      (saw): CheckProblem => ({
        status: "failed",
        saw: `MutatingWebhookConfiguration ${INJECTOR_NAME}: ${saw}`,
        hint: INSTALL,
      }),
    );
    const policies = [...new Set(entries.map(({ failurePolicy }) => stringOf(failurePolicy) ?? "Fail"))];
    const found = `${count(entries.length, "entry").replace("entrys", "entries")}, failure policy ${policies.join(" and ")}${elsewhere(entries)}`;
    return { found, problems };
  },
};

/** A registration may call a URL, as a webhook on somebody's own machine has; no installation does. */
function elsewhere(entries: readonly JsonObject[]): string {
  const urls = new Set(entries.map(({ clientConfig }) => stringOf(member(clientConfig, "url")) ?? ""));
  const named = [...urls].filter((url) => url !== "");
  return named.length === 0 ? "" : `, calls ${named.map(quoted).join(" and ")} instead of the Service`;
}

function absent(): Findings {
  const saw = `there is no MutatingWebhookConfiguration ${INJECTOR_NAME}: nothing asks the injector about new pods`;
  return { found: "not registered", problems: [{ status: "failed", saw, hint: "MESH_NAME=… outrigger install" }] };
}

function foreign(entries: readonly JsonObject[]): Findings {
  const names = entries.map(({ name }) => stringOf(name) ?? "").join(", ");
  const saw = `MutatingWebhookConfiguration ${INJECTOR_NAME} belongs to another program (${names || "it has no entries"})`;
  return { found: "another program's", problems: [{ status: "failed", saw, hint: "outrigger install --take-over" }] };
}
