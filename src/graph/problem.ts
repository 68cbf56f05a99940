import type { ObjectRef } from "../model/mesh-object.ts";

/** What can be wrong with an object of the mesh: a closed list; the message of each says what was found. */
export const PROBLEM_CODES = [
  /** The stored object does not fit its schema; its last state that did counts on. */
  "not-readable",
  /** Of files: what the API server refuses, though it fits its schema. */
  "refused",
  /** A field that no schema knows. */
  "unknown-field",
  /** A field that no schema knows where conditions stand: the object means more than is written. */
  "wider-than-written",
  /** No Mesh selects the object's namespace. */
  "no-mesh",
  /** Several Meshes select it. */
  "ambiguous-mesh",
  /** It names a mesh that does not select its namespace, and it was not in that mesh before. */
  "mesh-not-selected",
  /** A selector that Kubernetes would not take. */
  "bad-selector",
  /** Another node or gateway selects all pods that this one selects. */
  "ambiguous-pods",
  /** No gateway takes the route. */
  "no-gateway",
  /** Several gateways would take it. */
  "ambiguous-gateway",
  /** It names a gateway that does not take it, and it did not before. */
  "gateway-not-selected",
  /** Two objects claim one name in App Mesh. */
  "name-claimed-twice",
  /** The name speaks of another namespace. */
  "name-of-another-namespace",
  /** A reference to an object that is not there. */
  "missing-reference",
  /** A reference to an object of another mesh, or of none. */
  "other-mesh",
  /** An ARN that cannot be read, or is of another kind or mesh. */
  "bad-arn",
  /** Neither a reference nor an ARN where one is needed. */
  "no-reference",
  /** Of the alternatives of a field none or several are given. */
  "ambiguous-field",
  /** Two routes of a router have one name. */
  "route-named-twice",
  /** The backend is listed twice. */
  "backend-twice",
  /** The route's protocol is not the router's, or its target's. */
  "protocol-mismatch",
  /** The port is not one of the listeners, or is needed and missing. */
  "port-mismatch",
  /** A name that no request can have: the route, or the service, is left out. */
  "never-matches",
  /** A regular expression that is none of RE2's: the route is left out. */
  "bad-expression",
  /** A route that never gets a request, because one that is tried before it takes all of its. */
  "shadowed-route",
  /** A TCP service that nothing tells from another service on its port. */
  "alike-services",
  /** Nobody answers: all weights are 0, or a service has no provider. */
  "no-target",
  /** A time-out for requests that has no effect, because the other end of the call ends them sooner. */
  "capped-timeout",
  /** A Kubernetes Service that is named is not there, or has not the port. */
  "no-service",
  /** A name of Cloud Map that the cluster's DNS does not answer. Known on a cluster alone. */
  "name-not-answered",
  /** A listener on a port of the sidecar's own: it is left out. */
  "sidecar-port",
  /** The node listens and nobody can find it. */
  "no-discovery",
  /** EndpointSlices are asked for where there are none: the name is looked up by DNS. */
  "stays-dns",
  /** A health check that could not be made, or that nobody could pass: nothing is checked. */
  "bad-health-check",
  /** A certificate, or whom to trust, is not said, or said twice: no TLS connection is made. */
  "bad-certificate",
  /** A node whose host name is not its namespace's, or a gateway whose namespace has no name, asks for a certificate of the control plane's: it gets none. */
  "certificate-name",
  /** An ARN means a Secret that cannot be used, or is not for this namespace: no TLS connection is made by it. */
  "certificate-secret",
  /** One side demands TLS, or a certificate, that the other one has not: nobody is reached. */
  "tls-mismatch",
  /** An access log that Envoy could not write, or that says what is nobody's business: nothing is logged. */
  "bad-access-log",
  /** A value of one of our annotations that cannot be used. */
  "bad-annotation",
  /** Proxies reject what comes from it, as they say: they keep what they accepted before. Known on a cluster alone. */
  "rejected",
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** One thing that is wrong, or not as it seems, about one object. */
export interface Problem {
  readonly code: ProblemCode;
  readonly object: ObjectRef;
  /** Where in the object, such as `spec.routes[1].httpRoute`; empty: the object as a whole. */
  readonly path: string;
  /** What was found and what was expected, for a person. One sentence without a full stop. */
  readonly message: string;
  /** What helps. */
  readonly help: string;
}
