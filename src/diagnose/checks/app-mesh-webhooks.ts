import {
  type AppMeshWebhooks,
  controllerWebhooks,
  removingCommand,
} from "../../install/preflight/app-mesh-webhooks.ts";
import type { ClusterFacts } from "../facts/cluster-facts.ts";
import { quoted } from "../facts/quoted.ts";
import { type Check, type CheckProblem, some, unread } from "./check.ts";

/** What is left of the AWS controller besides its entry for pods. */
export const appMeshObjectWebhooks: Check = {
  id: "app-mesh-webhooks",
  title: "Webhooks for App Mesh objects",
  about: "cluster",
  run(facts) {
    const { appMeshWebhooks } = facts;
    if (appMeshWebhooks.kind !== "read") return unread(appMeshWebhooks, "list of registrations");
    const names = appMeshWebhooks.value.map(({ registration }) => quoted(registration));
    return {
      found: names.length === 0 ? "none" : some([...new Set(names)]),
      problems: appMeshWebhooks.value.flatMap((webhooks) => problemOf(webhooks, facts)),
    };
  },
};

function problemOf(webhooks: AppMeshWebhooks, { otherServices }: ClusterFacts): readonly CheckProblem[] {
  const { kind, registration, entries, refuses, service } = webhooks;
  if (service === undefined) return [];
  const ready = otherServices.get(`${service.namespace}/${service.name}`) ?? 0;
  if (ready !== "unread" && ready > 0) return [];
  const effect = refuses ? "no such object can be created or changed" : "each such change waits for it in vain";
  const answers =
    ready === "unread"
      ? `whether something answers there could not be read; if not, ${effect}`
      : `nothing answers there: ${effect}`;
  return [
    {
      status: refuses && ready !== "unread" ? "failed" : "warning",
      saw: `${kind} ${registration} asks Service ${service.name} in namespace ${service.namespace} about App Mesh objects (${some(entries.map(quoted))}), and ${answers}`,
      hint:
        controllerWebhooks(webhooks) === undefined
          ? removingCommand(webhooks)
          : `outrigger install --take-over switches them off, and can be undone; or ${removingCommand(webhooks)}`,
    },
  ];
}
