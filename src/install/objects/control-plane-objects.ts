import type { JsonObject } from "../../model/json.ts";
import { CONTROL_PLANE_NAME } from "../../model/names.ts";
import { configurationText } from "./component-settings.ts";
import { controlPlaneClusterRules, controlPlaneRules } from "./control-plane-rules.ts";
import { deployment, disruptionBudget } from "./deployment.ts";
import { dryRunPolicy } from "./dry-run-policy.ts";
import { certificateSecrets, evictsPods, type InstallationOptions } from "./installation-options.ts";
import { configMap, namespace, networkPolicy, service, serviceAccount } from "./namespace-objects.ts";
import { objectPolicy } from "./object-policy.ts";
import { objectRegistrations, OBJECT_WEBHOOK_PORT as WEBHOOK } from "./object-registrations.ts";
import { podStatusPolicy } from "./pod-status-policy.ts";
import { reportPolicy } from "./report-policy.ts";
import { clusterRole, namespacedRole } from "./roles.ts";
import { statusPolicy } from "./status-policy.ts";

/** The Service that sidecars call and, of the same name, the ConfigMap with the configuration. */
export const CONTROL_PLANE_SERVICE = "outrigger";
const PORT = { name: "xds", number: 18_000 } as const;
/** `controlPlane.shutdownSeconds` where no setting says otherwise. */
const DEFAULT_SHUTDOWN_SECONDS = 20;

/** All objects of the control plane, in the order in which they are applied: the registrations last, when somebody can answer. */
export function controlPlaneObjects(options: InstallationOptions): readonly JsonObject[] {
  const evicts = evictsPods(options.settings);
  const configuration = configurationText("control-plane", options);
  const workload = {
    component: "control-plane",
    configMap: CONTROL_PLANE_SERVICE,
    configuration,
    containerName: "control-plane",
    command: "control-plane",
    arguments: [`--control-plane-webhook-listen=0.0.0.0:${WEBHOOK.pod}`],
    ports: { [PORT.name]: PORT.number, [WEBHOOK.name]: WEBHOOK.pod },
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } },
    shutdownSeconds: options.settings.controlPlane?.shutdownSeconds ?? DEFAULT_SHUTDOWN_SECONDS,
  } as const;
  const names = { role: CONTROL_PLANE_NAME, binding: CONTROL_PLANE_NAME };
  return [
    namespace("control-plane"),
    serviceAccount("control-plane"),
    configMap("control-plane", CONTROL_PLANE_SERVICE, configuration),
    ...(evicts ? dryRunPolicy() : []),
    ...objectPolicy(),
    ...statusPolicy(),
    ...podStatusPolicy(),
    ...reportPolicy(),
    ...clusterRole("control-plane", names, controlPlaneClusterRules(evicts)),
    ...namespacedRole("control-plane", controlPlaneRules(certificateSecrets(options.settings))),
    service("control-plane", CONTROL_PLANE_SERVICE, [
      { name: "xds", port: PORT.number, targetPort: PORT.name },
      { name: WEBHOOK.name, port: WEBHOOK.service, targetPort: WEBHOOK.name },
    ]),
    // an API server calls from an address that no selector of pods knows
    networkPolicy("control-plane", { [PORT.name]: "pods", [WEBHOOK.name]: "anybody" }),
    ...(options.availability === "ha" ? [disruptionBudget("control-plane")] : []),
    deployment(workload, options),
    ...objectRegistrations(),
  ];
}
