import type { NamedKind } from "./kinds.ts";

/* ARNs of App Mesh: `arn:<partition>:appmesh:<region>:<account>:mesh/<mesh>[/virtualNode/<name>…]`. */

/** What an ARN names. `owner` is there where the mesh is written as `name@owner`. */
export interface ArnTarget {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly mesh: string;
  readonly owner: string | undefined;
  readonly kind: NamedKind | "Route";
  /** AWS name of the object; of a Mesh the mesh's. */
  readonly name: string;
  /** The router of a route, or the gateway of a gateway route. */
  readonly parent: string | undefined;
}

/** Where the objects of this control plane pretend to live. */
export interface ArnPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

const ARN = /^arn:([^:]+):appmesh:([^:]*):([^:]*):mesh\/([^/@]+)(?:@([^/]+))?(?:\/(.+))?$/;
/** Types in the resource part. */
const TYPES = {
  VirtualNode: "virtualNode",
  VirtualRouter: "virtualRouter",
  VirtualService: "virtualService",
  VirtualGateway: "virtualGateway",
} as const;

/** Reads an ARN of App Mesh; undefined when it is none. */
export function parseArn(text: string): ArnTarget | undefined {
  const match = ARN.exec(text);
  if (match === null) return undefined;
  const [, partition = "", region = "", account = "", mesh = "", owner, rest] = match;
  const common = { partition, region, account, mesh, owner };
  if (rest === undefined) return { ...common, kind: "Mesh", name: mesh, parent: undefined };
  const [type, name, childType, child, ...more] = rest.split("/");
  if (name === undefined || name === "" || more.length > 0) return undefined;
  if (childType !== undefined) {
    if (child === undefined || child === "") return undefined;
    if (type === "virtualRouter" && childType === "route")
      return { ...common, kind: "Route", name: child, parent: name };
    if (type === "virtualGateway" && childType === "gatewayRoute") {
      return { ...common, kind: "GatewayRoute", name: child, parent: name };
    }
    return undefined;
  }
  const kind = Object.entries(TYPES).find(([, word]) => word === type)?.[0] as keyof typeof TYPES | undefined;
  return kind && { ...common, kind, name, parent: undefined };
}

/** The ARN of an object; `parent` is the router of a route, or the gateway of a gateway route. */
export function arnOf(place: ArnPlace, mesh: string, kind: NamedKind | "Route", name: string, parent = ""): string {
  const prefix = `arn:${place.partition}:appmesh:${place.region}:${place.account}:mesh/${mesh}`;
  switch (kind) {
    case "Mesh":
      return prefix;
    case "Route":
      return `${prefix}/virtualRouter/${parent}/route/${name}`;
    case "GatewayRoute":
      return `${prefix}/virtualGateway/${parent}/gatewayRoute/${name}`;
    default:
      return `${prefix}/${TYPES[kind]}/${name}`;
  }
}
