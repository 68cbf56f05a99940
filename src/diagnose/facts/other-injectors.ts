import { injectsPods, programOf } from "../../install/preflight/other-injectors.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { isOurEntry } from "../../model/names.ts";
import { nameOf } from "../../model/object-metadata.ts";

/** A registered webhook, not ours, that is asked about pods of namespaces labelled for injection. */
export interface OtherEntry {
  /** Name of the MutatingWebhookConfiguration, and of its entry. */
  readonly registration: string;
  readonly entry: string;
  /** Which of the two AWS programs it is, as far as its name tells. */
  readonly program: string;
  readonly failurePolicy: string;
  /** What it calls; undefined: a URL. */
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
}

/** The entries of other programs that are called for new pods of labelled namespaces, under whatever name they are registered. */
export function otherEntries(registrations: readonly JsonObject[]): readonly OtherEntry[] {
  return registrations.flatMap((object) =>
    objectsOf(object.webhooks)
      .filter((webhook) => injectsPods(webhook) && !isOurEntry(stringOf(webhook.name) ?? ""))
      .map((webhook) => {
        const entry = stringOf(webhook.name) ?? "";
        return {
          registration: nameOf(object),
          entry,
          program: programOf(entry) ?? "another program",
          failurePolicy: stringOf(webhook.failurePolicy) ?? "Fail",
          service: serviceOf(webhook),
        };
      }),
  );
}

function serviceOf(webhook: JsonObject): OtherEntry["service"] {
  const service = member(webhook.clientConfig, "service");
  const name = stringOf(member(service, "name"));
  const namespace = stringOf(member(service, "namespace"));
  return name === undefined || namespace === undefined ? undefined : { namespace, name };
}
