import type { Configuration } from "../config/schema.ts";
import type { ClusterDns } from "../model/cluster-dns.ts";
import type { MeshIdentity, Role } from "../model/membership.ts";
import type { PatchOperation } from "./json-patch.ts";

/** Why a decision came out as it did: a fixed set, safe as a metric label. Documented in `docs/reasons.md`. */
export const REASONS = [
  // inject
  "injected",
  "already-injected",
  // skip
  "not-a-create",
  "host-network",
  "mirror-pod",
  "opted-out",
  "windows",
  "namespace-excluded",
  "namespace-not-enabled",
  "not-opted-in",
  "other-mesh",
  "no-virtual-node",
  // deny
  "bad-annotation",
  "record-mismatch",
  "reserved-annotation",
  "no-mesh",
  "mesh-mismatch",
  "ambiguous-mesh",
  "ambiguous-virtual-node",
  "missing-virtual-node",
  "two-meshes",
  "container-name-taken",
  "volume-name-taken",
  "port-taken",
  "too-many-ports",
  "reserved-env",
  "missing-volume",
  "limits-cannot-be-met",
  "annotations-too-large",
  "bootstrap-too-large",
  "trust-missing",
  "gateway-without-envoy",
  "gateway-with-command",
  "gateway-with-exec-probe",
  "bad-pod",
] as const;
export type Reason = (typeof REASONS)[number];

export type Outcome = "inject" | "skip" | "deny";

/** One rule that was asked, in order. */
export interface RuleStep {
  /** Name of the rule, such as `host-network`. */
  readonly rule: string;
  /** What it saw, in words: `spec.hostNetwork is true`. */
  readonly saw: string;
  /** `pass`: the next rule is asked. `set`: it settled a value. `warn`: as set, with a warning. */
  readonly verdict: "pass" | "set" | "warn" | Outcome;
}

export interface Decision {
  readonly outcome: Outcome;
  readonly reason: Reason;
  /** One or more sentences for a person: what was found, where, what was expected, what to do. */
  readonly message: string;
  readonly trace: readonly RuleStep[];
  /** Each at most 256 characters and without control characters, as admission warnings should be. */
  readonly warnings: readonly string[];
  /** Present when the outcome is `inject` and the pod was not injected before. */
  readonly settings: SidecarSettings | undefined;
}

export interface InjectionResult extends Decision {
  /** RFC 6902 operations on the raw pod; empty unless the outcome is `inject`. */
  readonly patch: readonly PatchOperation[];
}

/** What one pod's sidecar is to be: annotations, matches and configuration settled into values. */
export interface SidecarSettings {
  readonly configuration: Configuration;
  readonly flavor: Configuration["flavor"];
  readonly role: Role;
  readonly mesh: MeshIdentity;
  /** Who knows the name of the control plane's Service; undefined: the pod's own DNS has to. */
  readonly clusterDns: ClusterDns | undefined;
  readonly capture: Capture;
  readonly initContainers: InitContainersPlace;
  readonly preview: boolean;
  /** What the sidecar runs as. */
  readonly uid: number;
  /** Wanted by annotation or configuration; empty: none. Fitted to QoS class, LimitRange and quota by the plan. */
  readonly requests: ComputeResources;
  readonly limits: ComputeResources;
  /** The user's environment for Envoy, sorted by name. */
  readonly env: readonly EnvEntry[];
  readonly secretMounts: readonly MountEntry[];
  readonly volumeMounts: readonly MountEntry[];
  readonly sdsSocket: string | undefined;
  readonly xraySamplingRate: string;
  readonly xrayConfigMount: MountEntry | undefined;
  readonly keepGatewayImage: boolean;
  readonly cloudMapGate: boolean;
  /** Seconds for app containers to wait before they stop; undefined: untouched. */
  readonly stopDelaySeconds: number | undefined;
}

/** Whether the sidecar proves to a control plane who it is. */
export function hasIdentity(settings: SidecarSettings): boolean {
  return settings.flavor === "envoy" && settings.configuration.proxy.controlPlane === "ads";
}

/** Where a pod's own init containers run: after the sidecar and through it, or before anything is captured. */
export type InitContainersPlace = "inside" | "outside";

export interface Capture {
  readonly mode: "init" | "cni" | "none";
  /** Single ports and ranges, in order, each once. */
  readonly ports: readonly PortRange[];
  readonly ignoredPorts: readonly PortRange[];
  readonly ignoredIps: readonly string[];
  readonly ipv6: boolean;
}

/** `first` equals `last` for a single port. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface ComputeResources {
  readonly cpu: string;
  readonly memory: string;
}

export interface EnvEntry {
  readonly name: string;
  readonly value: string;
}

/** A secret or a volume of the pod, and where Envoy sees it. */
export interface MountEntry {
  readonly name: string;
  readonly path: string;
}
