import { z } from "zod";
import { condition } from "./conditions.ts";
import { nodeConnectionPool } from "./connection-pool.ts";
import type { DeepReadonly } from "./deep-readonly.ts";
import {
  awsName,
  ipPreference,
  KEEPS_AWS_NAME,
  labelSelector,
  meshReference,
  PROTOCOLS,
  portMapping,
  reference,
  text,
} from "./field-types.ts";
import { listOf } from "./json.ts";
import { listenerTimeout, nodeHealthCheck, outlierDetection } from "./listener-health.ts";
import { logging } from "./logging.ts";
import { refusing } from "./rules.ts";
import { backendDefaults, clientPolicy, nodeListenerTls } from "./tls.ts";

const listener = z.object({
  connectionPool: nodeConnectionPool.optional(),
  healthCheck: nodeHealthCheck.optional(),
  outlierDetection: outlierDetection.optional(),
  portMapping: portMapping(PROTOCOLS),
  timeout: listenerTimeout.optional(),
  tls: nodeListenerTls.optional(),
});

/** What the API server says where it is changed. */
export const KEEPS_CLOUD_MAP = "serviceDiscovery.awsCloudMap cannot be changed: delete the node and create it again";

const serviceDiscovery = z
  .object({
    awsCloudMap: z
      .object({
        attributes: z
          .array(
            z.object({
              key: text(1, 255).describe("Key of the attribute."),
              value: text(1, 1024).describe("Its value."),
            }),
          )
          .describe("What instances must have, all of it.")
          .optional(),
        ipPreference: ipPreference.optional(),
        namespaceName: text(1, 1024).describe("Name of the Cloud Map namespace."),
        serviceName: text(1, 1024).describe("Name of the service in it."),
      })
      .meta(condition("attributes", "every instance of the service counts"))
      .describe("Pods that registered under a name of AWS Cloud Map. It cannot be changed.")
      .optional(),
    dns: z
      .object({
        hostname: z.string().describe("Name that is looked up."),
        ipPreference: ipPreference.optional(),
        responseType: z
          .enum(["ENDPOINTS", "LOADBALANCER"])
          .describe("Whether the addresses are all endpoints, or doors to the same ones; absent: `LOADBALANCER`.")
          .optional(),
      })
      .describe("A name in DNS.")
      .optional(),
  })
  .describe("Where clients find the node; one of the two.");

/** `spec` of a VirtualNode: one workload, where it listens and whom it calls. */
export const virtualNodeSpec = z
  .object({
    awsName: awsName("<name>_<namespace>"),
    backendDefaults: backendDefaults.optional(),
    backendGroups: z
      .array(reference("BackendGroup"))
      .describe("Groups of services that the node calls; `*` as name: every service of the namespace.")
      .optional(),
    backends: z
      .array(
        z.object({
          virtualService: z
            .object({
              clientPolicy: clientPolicy.optional(),
              virtualServiceARN: z.string().describe("The service by its ARN.").optional(),
              virtualServiceRef: reference("VirtualService").optional(),
            })
            .describe("A service, by reference or by ARN."),
        }),
      )
      .describe("Services that the node calls.")
      .optional(),
    listeners: z.array(listener).describe("Ports where the node's app listens.").optional(),
    logging: logging.optional(),
    meshRef: meshReference.optional(),
    podSelector: labelSelector
      .describe("Pods of the namespace that are this node; absent: none, empty: all.")
      .optional(),
    serviceDiscovery: serviceDiscovery.optional(),
  })
  .meta(
    refusing(
      KEEPS_AWS_NAME,
      {
        rule: "!has(self.listeners) || self.listeners.size() == 0 || has(self.serviceDiscovery)",
        message: "a node with listeners needs serviceDiscovery, or nobody finds it",
        holds: ({ listeners, serviceDiscovery: discovery }) =>
          listOf(listeners).length === 0 || discovery !== undefined,
      },
      {
        rule: "!has(oldSelf.serviceDiscovery) || !has(oldSelf.serviceDiscovery.awsCloudMap) || (has(self.serviceDiscovery) && has(self.serviceDiscovery.awsCloudMap) && self.serviceDiscovery.awsCloudMap == oldSelf.serviceDiscovery.awsCloudMap)",
        message: KEEPS_CLOUD_MAP,
      },
    ),
  );
export type VirtualNodeSpec = DeepReadonly<z.output<typeof virtualNodeSpec>>;
export type VirtualNodeListener = NonNullable<VirtualNodeSpec["listeners"]>[number];
