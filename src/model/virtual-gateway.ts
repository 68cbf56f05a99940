import { z } from "zod";
import { condition } from "./conditions.ts";
import { gatewayConnectionPool } from "./connection-pool.ts";
import type { DeepReadonly } from "./deep-readonly.ts";
import {
  awsName,
  GATEWAY_PROTOCOLS,
  KEEPS_AWS_NAME,
  labelSelector,
  meshReference,
  portMapping,
} from "./field-types.ts";
import { gatewayHealthCheck } from "./listener-health.ts";
import { logging } from "./logging.ts";
import { refusing } from "./rules.ts";
import { backendDefaults, gatewayListenerTls } from "./tls.ts";

/** `spec` of a VirtualGateway: a door into the mesh for clients outside of it. */
export const virtualGatewaySpec = z
  .object({
    awsName: awsName("<name>_<namespace>"),
    backendDefaults: backendDefaults.optional(),
    gatewayRouteSelector: labelSelector
      .describe("GatewayRoutes that may attach, by their labels; absent or empty: all.")
      .optional(),
    listeners: z
      .array(
        z.object({
          connectionPool: gatewayConnectionPool.optional(),
          healthCheck: gatewayHealthCheck.optional(),
          portMapping: portMapping(GATEWAY_PROTOCOLS),
          tls: gatewayListenerTls.optional(),
        }),
      )
      .describe("Ports where the gateway listens.")
      .optional(),
    logging: logging.optional(),
    meshRef: meshReference.optional(),
    namespaceSelector: labelSelector
      .describe("Namespaces whose GatewayRoutes may attach; absent: none, empty: all.")
      .optional(),
    podSelector: labelSelector
      .describe("Pods of the namespace that are this gateway; absent: none, empty: all.")
      .optional(),
  })
  .meta(condition("gatewayRouteSelector", "every GatewayRoute may attach"))
  .meta(refusing(KEEPS_AWS_NAME));
export type VirtualGatewaySpec = DeepReadonly<z.output<typeof virtualGatewaySpec>>;
