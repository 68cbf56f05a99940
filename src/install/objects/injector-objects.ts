import { type JsonObject, objectOf } from "../../model/json.ts";
import { INJECTOR_NAME } from "../../model/names.ts";
import { CERT_MANAGER_SECRET, certManagerObjects, INJECTED_AUTHORITY } from "./cert-manager.ts";
import { CERTIFICATE_FOLDER, configurationText } from "./component-settings.ts";
import { deployment, disruptionBudget } from "./deployment.ts";
import { injectorClusterRules, injectorRules } from "./injector-rules.ts";
import type { InstallationOptions } from "./installation-options.ts";
import { configMap, namespace, networkPolicy, service, serviceAccount } from "./namespace-objects.ts";
import { ownershipLabels } from "./ownership.ts";
import { INJECTOR_SERVICE, registration } from "./registration.ts";
import { clusterRole, namespacedRole } from "./roles.ts";

/** `webhook.shutdownSeconds` where no setting says otherwise. */
const DEFAULT_SHUTDOWN_SECONDS = 20;
const PORT = { name: "webhook", number: 8443 } as const;

/**
 * All objects of the injector, in the order in which they are applied: the registration last, when somebody can answer.
 * The names are those that the clean-up of the walkthrough deletes; only registration, ClusterRole and ClusterRoleBinding lie
 * outside the injector's namespace.
 */
export function injectorObjects(options: InstallationOptions): readonly JsonObject[] {
  const { certificates } = options;
  const configuration = configurationText("injector", options);
  const withCertManager = certificates === "cert-manager";
  const workload = {
    component: "injector",
    configMap: INJECTOR_NAME,
    configuration,
    containerName: "webhook",
    command: "webhook",
    ports: { [PORT.name]: PORT.number },
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    shutdownSeconds: options.settings.webhook?.shutdownSeconds ?? DEFAULT_SHUTDOWN_SECONDS,
    ...(withCertManager && {
      volumes: [{ name: "certificate", secret: { secretName: CERT_MANAGER_SECRET } }],
      volumeMounts: [{ name: "certificate", mountPath: CERTIFICATE_FOLDER, readOnly: true }],
    }),
  } as const;
  const names = { role: "aws-app-mesh-inject-cr", binding: "aws-app-mesh-inject-binding" };
  return [
    namespace("injector"),
    serviceAccount("injector"),
    configMap("injector", INJECTOR_NAME, configuration),
    ...clusterRole("injector", names, injectorClusterRules(certificates)),
    ...namespacedRole("injector", injectorRules(certificates)),
    ...(withCertManager ? certManagerObjects() : []),
    service("injector", INJECTOR_SERVICE.name, [{ name: "https", port: INJECTOR_SERVICE.port, targetPort: PORT.name }]),
    networkPolicy("injector", { [PORT.name]: "anybody" }),
    ...(options.availability === "ha" ? [disruptionBudget("injector")] : []),
    deployment(workload, options),
    ownRegistration(options),
  ];
}

/** The registration of an installation: without an authority, which its owner puts there, so that nothing fights over it. */
export function ownRegistration(
  options: Pick<InstallationOptions, "settings" | "failurePolicy" | "certificates">,
): JsonObject {
  const { excludedNamespaces } = options.settings;
  const object = registration({
    service: INJECTOR_SERVICE,
    failurePolicy: options.failurePolicy,
    ...(excludedNamespaces && { excludedNamespaces }),
  });
  return {
    ...object,
    metadata: {
      ...objectOf(object.metadata),
      labels: ownershipLabels("injector"),
      ...(options.certificates === "cert-manager" && { annotations: INJECTED_AUTHORITY }),
    },
  };
}
