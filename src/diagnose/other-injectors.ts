import { type JsonObject, listOf, member, numberOf, objectsOf, stringMapOf, stringOf } from "../model/json.ts";
import { INJECT_KEY } from "../model/names.ts";
import { type LabelSelector, selectorMatches } from "../model/selector.ts";
import { nameOf } from "./paths.ts";

/** A registered webhook, not ours, that is asked about pods of namespaces labelled for injection. */
export interface OtherInjector {
  /** Name of the MutatingWebhookConfiguration, and of its entry. */
  readonly registration: string;
  readonly entry: string;
  /** Which of the two AWS programs it is, as far as its name tells. */
  readonly program: string;
  readonly failurePolicy: string;
  /** What it calls; undefined: a URL. */
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
  /** Labelled namespaces of which it is asked, by mode. */
  readonly modes: readonly string[];
}

/** Our own entries end with this. */
const OURS = ".inject.outrigger.dev";

/** The entry names of the two AWS programs (AWS controller: `mpod`; the injector before and since its version 0.3). */
const PROGRAMS: Readonly<Record<string, string>> = {
  "mpod.appmesh.k8s.aws": "the AWS App Mesh controller",
  "appmesh-inject.aws.amazon.com": "the App Mesh injector of 2019",
  "aws-app-mesh-inject.aws.amazon.com": "the App Mesh injector of 2019",
};

/** Entries that would be called for a new pod of a labelled namespace because of that label, or whose name is an AWS program's. */
export function otherInjectors(registrations: readonly JsonObject[]): readonly OtherInjector[] {
  return registrations.flatMap((object) =>
    objectsOf(object.webhooks).flatMap((webhook) => {
      const entry = stringOf(webhook.name) ?? "";
      if (isOurs(entry) || !isAskedForPods(webhook)) return [];
      const program = PROGRAMS[entry];
      const selector = webhook.namespaceSelector;
      const modes = ["enabled", "disabled"].filter((mode) =>
        selectorMatches(selectorOf(selector), { [INJECT_KEY]: mode }),
      );
      const isAboutLabel = JSON.stringify(selector ?? {}).includes(INJECT_KEY);
      if (modes.length === 0 || (program === undefined && !isAboutLabel)) return [];
      return [
        {
          registration: nameOf(object),
          entry,
          program: program ?? "another program",
          failurePolicy: stringOf(webhook.failurePolicy) ?? "Fail",
          service: serviceOf(webhook),
          modes,
        },
      ];
    }),
  );
}

export function isOurs(entry: string): boolean {
  return entry === OURS.slice(1) || entry.endsWith(OURS);
}

function isAskedForPods({ rules }: JsonObject): boolean {
  return objectsOf(rules).some(
    (rule) =>
      listOf(rule.resources).some((resource) => resource === "pods" || resource === "*" || resource === "*/*") &&
      listOf(rule.operations).some((operation) => operation === "CREATE" || operation === "*"),
  );
}

function serviceOf(webhook: JsonObject): OtherInjector["service"] {
  const service = member(webhook.clientConfig, "service");
  const name = stringOf(member(service, "name"));
  const namespace = stringOf(member(service, "namespace"));
  return name === undefined || namespace === undefined ? undefined : { namespace, name };
}

function selectorOf(value: JsonObject[string] | undefined): LabelSelector {
  return {
    matchLabels: stringMapOf(member(value, "matchLabels")),
    matchExpressions: objectsOf(member(value, "matchExpressions")).map((expression) => ({
      key: stringOf(expression.key) ?? "",
      operator: stringOf(expression.operator) ?? "",
      values: listOf(expression.values).flatMap((entry) => (typeof entry === "string" ? [entry] : [])),
    })),
  };
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
