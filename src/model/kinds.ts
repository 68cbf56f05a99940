/** API group and version of App Mesh's resources. */
export const APPMESH_GROUP = "appmesh.k8s.aws";
export const APPMESH_VERSION = "v1beta2";
export const APPMESH_API_VERSION = `${APPMESH_GROUP}/${APPMESH_VERSION}`;

/** The kinds of App Mesh, in the order in which they build on each other. */
export const KINDS = [
  "Mesh",
  "VirtualNode",
  "VirtualRouter",
  "VirtualService",
  "VirtualGateway",
  "GatewayRoute",
  "BackendGroup",
] as const;
export type Kind = (typeof KINDS)[number];
/** The kinds that have a name in App Mesh. */
export type NamedKind = Exclude<Kind, "BackendGroup">;

/** What is said of a kind in more than one place. */
export interface KindFacts {
  /** As in the path of its collection. */
  readonly plural: string;
  readonly scope: "Cluster" | "Namespaced";
  /** Field of `status` with its ARN, and the condition that says whether it is in effect; a BackendGroup has neither. */
  readonly arnField: string | undefined;
  readonly condition: string | undefined;
  /** Whether `kubectl get all` lists it. */
  readonly inAll: boolean;
}

function namespaced(plural: string, field: string, condition: string): KindFacts {
  return { plural, scope: "Namespaced", arnField: `${field}ARN`, condition, inAll: true };
}

export const KIND_FACTS: Readonly<Record<Kind, KindFacts>> = {
  Mesh: { plural: "meshes", scope: "Cluster", arnField: "meshARN", condition: "MeshActive", inAll: false },
  VirtualNode: namespaced("virtualnodes", "virtualNode", "VirtualNodeActive"),
  VirtualRouter: namespaced("virtualrouters", "virtualRouter", "VirtualRouterActive"),
  VirtualService: namespaced("virtualservices", "virtualService", "VirtualServiceActive"),
  VirtualGateway: namespaced("virtualgateways", "virtualGateway", "VirtualGatewayActive"),
  GatewayRoute: namespaced("gatewayroutes", "gatewayRoute", "GatewayRouteActive"),
  BackendGroup: {
    plural: "backendgroups",
    scope: "Namespaced",
    arnField: undefined,
    condition: undefined,
    inAll: true,
  },
};

/** Whether a text is a kind of App Mesh. */
export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KIND_FACTS, kind);
}
