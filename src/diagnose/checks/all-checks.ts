import { admissions } from "./admissions.ts";
import { apiServer } from "./api-server.ts";
import { appMeshObjectWebhooks } from "./app-mesh-webhooks.ts";
import { awsSidecars } from "./aws-sidecars.ts";
import type { Check } from "./check.ts";
import { clock } from "./clock.ts";
import { injectorConfiguration } from "./configuration.ts";
import { customResources } from "./custom-resources.ts";
import { controlPlaneRuns, injectorRuns } from "./deployments.ts";
import { foreignObjects } from "./foreign-objects.ts";
import { meshMode } from "./mesh-mode.ts";
import { meshPods } from "./mesh-pods.ts";
import { problemsOfMesh } from "./mesh-problems.ts";
import { meshTrust } from "./mesh-trust.ts";
import { namespaceLabels } from "./namespace-labels.ts";
import { objectWebhooks } from "./object-registrations.ts";
import { oldPrograms } from "./old-programs.ts";
import { otherInjectors } from "./other-injectors.ts";
import { otherMeshes } from "./other-meshes.ts";
import { permissions } from "./permissions.ts";
import { podSecurity } from "./pod-security.ts";
import { proxies } from "./proxies.ts";
import { registration } from "./registration.ts";
import { roundTrip } from "./round-trip.ts";
import { sidecars } from "./sidecars.ts";
import { versions } from "./versions.ts";
import { webhookCertificate } from "./webhook-certificate.ts";

/** Every check, in the order in which a person would ask: the cluster, what is in the way, what is installed, what it does. */
export const CHECKS: readonly Check[] = [
  apiServer,
  permissions,
  clock,
  customResources,
  foreignObjects,
  otherInjectors,
  appMeshObjectWebhooks,
  oldPrograms,
  awsSidecars,
  controlPlaneRuns,
  meshTrust,
  objectWebhooks,
  meshMode,
  problemsOfMesh,
  proxies,
  injectorRuns,
  injectorConfiguration,
  versions,
  registration,
  webhookCertificate,
  namespaceLabels,
  meshPods,
  podSecurity,
  otherMeshes,
  roundTrip,
  admissions,
  sidecars,
];
