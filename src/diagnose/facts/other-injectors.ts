import { injectsPods, programOf } from "../../install/preflight/other-injectors.ts";
import { type JsonObject, member, numberOf, objectsOf, stringOf } from "../../model/json.ts";
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

/** Whether a Deployment of the old programs' namespaces is one of theirs, by its images. */
export interface OldDeployment {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly ready: number;
}

const OLD_IMAGES =
  /(?:^|\/)(?:appmesh-controller|app-mesh-controller|aws-app-mesh-inject|aws-app-mesh-controller-for-k8s)(?::|@|$)/;

export function oldDeployment(object: JsonObject): OldDeployment | undefined {
  const containers = objectsOf(member(member(member(object.spec, "template"), "spec"), "containers"));
  const image = containers.map((container) => stringOf(container.image) ?? "").find((name) => OLD_IMAGES.test(name));
  if (image === undefined) return undefined;
  const namespace = stringOf(member(object.metadata, "namespace")) ?? "";
  return { namespace, name: nameOf(object), image, ready: numberOf(member(object.status, "readyReplicas")) ?? 0 };
}
