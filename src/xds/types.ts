/** What stands before the name of a message in the URL of its type. */
export const TYPE_PREFIX = "type.googleapis.com/";

/**
 * Every type of resource that is answered, in the order in which changes are sent: what is pointed at comes before what
 * points there (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations).
 */
export const TYPES = {
  runtime: `${TYPE_PREFIX}envoy.service.runtime.v3.Runtime`,
  secret: `${TYPE_PREFIX}envoy.extensions.transport_sockets.tls.v3.Secret`,
  cluster: `${TYPE_PREFIX}envoy.config.cluster.v3.Cluster`,
  endpoints: `${TYPE_PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`,
  extension: `${TYPE_PREFIX}envoy.config.core.v3.TypedExtensionConfig`,
  listener: `${TYPE_PREFIX}envoy.config.listener.v3.Listener`,
  scopedRoutes: `${TYPE_PREFIX}envoy.config.route.v3.ScopedRouteConfiguration`,
  route: `${TYPE_PREFIX}envoy.config.route.v3.RouteConfiguration`,
  virtualHost: `${TYPE_PREFIX}envoy.config.route.v3.VirtualHost`,
} as const;

export type ResourceType = keyof typeof TYPES;
export type TypeUrl = (typeof TYPES)[ResourceType];

/** The types in the order of sending. */
export const TYPE_ORDER: readonly TypeUrl[] = Object.values(TYPES);

const NAMES = new Map(Object.entries(TYPES).map(([name, url]) => [url as string, name as ResourceType]));

/** Short name of a type: a fixed set, fit for a metric label; undefined for a type that is not answered. */
export function typeName(url: string): ResourceType | undefined {
  return NAMES.get(url);
}

/** Types of which a first request without names means all of them. */
export function isWildcardType(url: string): boolean {
  return url === TYPES.cluster || url === TYPES.listener || url === TYPES.scopedRoutes;
}
