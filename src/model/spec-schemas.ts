import type { z } from "zod";
import { type BackendGroupSpec, backendGroupSpec } from "./backend-group.ts";
import { type GatewayRouteSpec, gatewayRouteSpec } from "./gateway-route.ts";
import type { Kind } from "./kinds.ts";
import { type MeshSpec, meshSpec } from "./mesh.ts";
import { type VirtualGatewaySpec, virtualGatewaySpec } from "./virtual-gateway.ts";
import { type VirtualNodeSpec, virtualNodeSpec } from "./virtual-node.ts";
import { type VirtualRouterSpec, virtualRouterSpec } from "./virtual-router.ts";
import { type VirtualServiceSpec, virtualServiceSpec } from "./virtual-service.ts";

/** The `spec` of each kind, as a type. */
export interface Specs {
  readonly Mesh: MeshSpec;
  readonly VirtualNode: VirtualNodeSpec;
  readonly VirtualRouter: VirtualRouterSpec;
  readonly VirtualService: VirtualServiceSpec;
  readonly VirtualGateway: VirtualGatewaySpec;
  readonly GatewayRoute: GatewayRouteSpec;
  readonly BackendGroup: BackendGroupSpec;
}

/** The same as schemas. Costly to load: not for the webhook of pods, nor for the library. */
export const SPEC_SCHEMAS: { readonly [K in Kind]: z.ZodType<Specs[K]> } = {
  Mesh: meshSpec,
  VirtualNode: virtualNodeSpec,
  VirtualRouter: virtualRouterSpec,
  VirtualService: virtualServiceSpec,
  VirtualGateway: virtualGatewaySpec,
  GatewayRoute: gatewayRouteSpec,
  BackendGroup: backendGroupSpec,
};
