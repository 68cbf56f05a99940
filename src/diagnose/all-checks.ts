import type { Check } from "./check.ts";
import { admissions } from "./checks/admissions.ts";
import { apiServer } from "./checks/api-server.ts";
import { appMeshObjectWebhooks } from "./checks/app-mesh-webhooks.ts";
import { awsSidecars } from "./checks/aws-sidecars.ts";
import { clock } from "./checks/clock.ts";
import { injectorConfiguration } from "./checks/configuration.ts";
import { customResources } from "./checks/custom-resources.ts";
import { controlPlaneRuns, injectorRuns } from "./checks/deployments.ts";
import { foreignObjects } from "./checks/foreign-objects.ts";
import { meshTrust } from "./checks/mesh-trust.ts";
import { namespaceLabels } from "./checks/namespace-labels.ts";
import { oldPrograms } from "./checks/old-programs.ts";
import { otherInjectors } from "./checks/other-injectors.ts";
import { otherMeshes } from "./checks/other-meshes.ts";
import { permissions } from "./checks/permissions.ts";
import { podSecurity } from "./checks/pod-security.ts";
import { registration } from "./checks/registration.ts";
import { testAdmission } from "./checks/round-trip.ts";
import { sidecars } from "./checks/sidecars.ts";
import { versions } from "./checks/versions.ts";
import { webhookCertificate } from "./checks/webhook-certificate.ts";

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
  injectorRuns,
  injectorConfiguration,
  versions,
  registration,
  webhookCertificate,
  namespaceLabels,
  podSecurity,
  otherMeshes,
  testAdmission,
  admissions,
  sidecars,
];
