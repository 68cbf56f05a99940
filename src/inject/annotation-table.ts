import { APP_ADDRESS_KEY, APPMESH_PREFIX, INIT_CONTAINERS_KEY, STOP_DELAY_KEY } from "../model/names.ts";
import {
  type ParsedValue,
  parseAddresses,
  parseEnv,
  parseEnvJson,
  parseIgnoredPorts,
  parseOneMount,
  parsePorts,
  parseResource,
  parseResourceName,
  parseSeconds,
  parseSecretMounts,
  parseVolumeMounts,
} from "./values.ts";

/** What happens to a value of the given sort: used as it is, used with a warning (and how), or the pod is denied. */
export type Leniency = "accept" | "warn" | "deny";

/** One annotation that a user may put on a pod: what it is called and does, how its value is read, what comes of others. */
export interface Annotation<T> {
  readonly key: string;
  /** Accepted form, for messages and docs. */
  readonly form: string;
  readonly does: string;
  readonly value: Words<T> | Text<T>;
  readonly empty: Leniency;
  /** A word where another is expected: `maybe`. */
  readonly unknownWord: Leniency;
  /** Text that is not of the form at all. */
  readonly malformed: Leniency;
  /** What a value that is used with a warning has for an effect. */
  readonly otherwise: string;
  /** The value may be secret: a denial's message, which ends up in events, does not repeat it. */
  readonly secret: boolean;
  readonly example: string;
}

/** One of some words, in lower case; any case is read. */
export interface Words<T> {
  readonly kind: "words";
  readonly words: Readonly<Record<string, T>>;
  /** What any other text counts as; undefined: as if there were no annotation. */
  readonly counts: T | undefined;
}

/** A text of a form. */
export interface Text<T> {
  readonly kind: "text";
  readonly parse: (text: string) => ParsedValue<T>;
}

/** An old program took other words for something, so that they are never denied. */
function words<T extends string | boolean>(
  key: string,
  row: Pick<Annotation<T>, "form" | "does" | "otherwise" | "example"> & {
    readonly words: Readonly<Record<string, T>>;
    readonly counts?: T;
  },
): Annotation<T> {
  const { words: known, counts, ...rest } = row;
  const value = { kind: "words", words: known, counts } as const;
  return { key, ...rest, value, empty: "warn", unknownWord: "warn", malformed: "warn", secret: false };
}

/** Text that is not of the form would have broken the pod later, so that it is denied. */
function text<T>(
  key: string,
  row: Pick<Annotation<T>, "form" | "does" | "empty" | "example"> &
    Partial<Pick<Annotation<T>, "unknownWord" | "otherwise" | "secret">> &
    Pick<Text<T>, "parse">,
): Annotation<T> {
  const { parse, ...rest } = row;
  return {
    unknownWord: "deny",
    malformed: "deny",
    otherwise: "",
    secret: false,
    ...rest,
    key,
    value: { kind: "text", parse },
  };
}

/**
 * Every annotation that a user may set, in the order in which they are read and documented. What an old program accepted and what
 * worked there is never denied; what it would have passed on broken is. `docs/annotations.md` is made from this, and the tests
 * walk it.
 */
export const ANNOTATION_TABLE = {
  injection: words(`${APPMESH_PREFIX}sidecarInjectorWebhook`, {
    words: { enabled: "enabled", disabled: "disabled" },
    form: "enabled or disabled",
    does: "switches injection for this pod",
    otherwise: "the namespace's mode stays",
    example: "disabled",
  }),
  mesh: text(`${APPMESH_PREFIX}mesh`, {
    parse: parseResourceName,
    form: "a mesh name",
    does: "mesh of this pod",
    empty: "deny",
    unknownWord: "accept",
    example: "my-mesh",
  }),
  virtualNode: text(`${APPMESH_PREFIX}virtualNode`, {
    parse: parseResourceName,
    form: "a virtual node name",
    does: "virtual node of this pod, verbatim",
    empty: "deny",
    unknownWord: "accept",
    example: "my-app",
  }),
  ports: text(`${APPMESH_PREFIX}ports`, {
    parse: parsePorts,
    form: "comma-separated ports or ranges",
    does: "inbound ports that go through Envoy; empty: none",
    empty: "accept",
    example: "8079,8080",
  }),
  egressIgnoredPorts: text(`${APPMESH_PREFIX}egressIgnoredPorts`, {
    parse: parseIgnoredPorts,
    form: "comma-separated ports or ranges",
    does: "outgoing ports that bypass Envoy instead of the configured ones; with proxyinit 22 always does",
    empty: "accept",
    example: "22,3306",
  }),
  egressIgnoredIps: text(`${APPMESH_PREFIX}egressIgnoredIPs`, {
    parse: parseAddresses,
    form: "comma-separated addresses or blocks",
    does: "destinations that bypass Envoy, instead of the configured ones",
    empty: "accept",
    example: "10.0.0.0/8,fd00::1",
  }),
  cpuRequest: text(`${APPMESH_PREFIX}cpuRequest`, {
    parse: parseResource,
    form: "a quantity",
    does: "CPU request of the sidecar; empty: none",
    empty: "accept",
    example: "20m",
  }),
  memoryRequest: text(`${APPMESH_PREFIX}memoryRequest`, {
    parse: parseResource,
    form: "a quantity",
    does: "memory request of the sidecar; empty: none",
    empty: "accept",
    example: "64Mi",
  }),
  cpuLimit: text(`${APPMESH_PREFIX}cpuLimit`, {
    parse: parseResource,
    form: "a quantity",
    does: "CPU limit of the sidecar; empty: none",
    empty: "accept",
    example: "200m",
  }),
  memoryLimit: text(`${APPMESH_PREFIX}memoryLimit`, {
    parse: parseResource,
    form: "a quantity",
    does: "memory limit of the sidecar; empty: none",
    empty: "accept",
    example: "256Mi",
  }),
  preview: words(`${APPMESH_PREFIX}preview`, {
    words: { true: true, enabled: true, false: false, disabled: false },
    counts: false,
    form: "true, enabled, false or disabled",
    does: "App Mesh's preview channel",
    otherwise: "it counts as off",
    example: "enabled",
  }),
  cni: words(`${APPMESH_PREFIX}appmeshCNI`, {
    words: { enabled: true, disabled: false },
    counts: false,
    form: "enabled or disabled",
    does: "traffic is captured by the CNI plugin instead of proxyinit",
    otherwise: "it counts as disabled, also on Fargate",
    example: "enabled",
  }),
  secretMounts: text(`${APPMESH_PREFIX}secretMounts`, {
    parse: parseSecretMounts,
    form: "comma-separated secret:path",
    does: "mounts secrets into Envoy",
    empty: "warn",
    otherwise: "nothing is mounted",
    example: "tls-certs:/etc/certs",
  }),
  volumeMounts: text(`${APPMESH_PREFIX}volumeMounts`, {
    parse: parseVolumeMounts,
    form: "comma-separated volume:path",
    does: "mounts volumes of the pod into Envoy",
    empty: "warn",
    otherwise: "nothing is mounted",
    example: "certs:/etc/certs",
  }),
  sidecarEnv: text(`${APPMESH_PREFIX}sidecarEnv`, {
    parse: parseEnv,
    form: "comma-separated NAME=value",
    does: "environment for Envoy",
    empty: "warn",
    otherwise: "nothing is set",
    secret: true,
    example: "DD_ENV=prod",
  }),
  sidecarEnvJson: text(`${APPMESH_PREFIX}sidecarEnvJson`, {
    parse: parseEnvJson,
    form: 'a JSON list of objects, [{"NAME":"value"}]',
    does: "environment for Envoy, any value",
    empty: "warn",
    otherwise: "nothing is set",
    secret: true,
    example: '[{"DD_ENV":"prod"}]',
  }),
  sds: words(`${APPMESH_PREFIX}sds`, {
    words: { enabled: true, disabled: false },
    form: "enabled or disabled",
    does: "SDS agent socket for this pod; cannot switch it on",
    otherwise: "the configured mode stays",
    example: "disabled",
  }),
  ipv6: words(`${APPMESH_PREFIX}ipv6`, {
    words: { enabled: true, disabled: false },
    form: "enabled or disabled",
    does: "capture of IPv6 traffic",
    otherwise: "the configured mode stays",
    example: "disabled",
  }),
  keepGatewayImage: words(`${APPMESH_PREFIX}virtualGatewaySkipImageOverride`, {
    words: { enabled: true, disabled: false },
    form: "enabled or disabled",
    does: "keeps the Envoy image of a gateway pod",
    otherwise: "the image is replaced",
    example: "enabled",
  }),
  xrayConfigMount: text(`${APPMESH_PREFIX}xrayAgentConfigMount`, {
    parse: parseOneMount,
    form: "one volume:path",
    does: "configuration file of the X-Ray daemon",
    empty: "warn",
    otherwise: "nothing is mounted",
    example: "xray-config:/etc/xray",
  }),
  stopDelaySeconds: text(STOP_DELAY_KEY, {
    parse: parseSeconds,
    form: "whole seconds from 0 to 3600",
    does: "app containers without a preStop hook wait that long before they stop",
    empty: "deny",
    example: "15",
  }),
  initContainers: words(INIT_CONTAINERS_KEY, {
    words: { inside: "inside", outside: "outside" },
    form: "inside or outside",
    does: "the pod's own init containers run inside the mesh, or before its traffic is captured; on a namespace: for its pods",
    otherwise: "the namespace's or the configured order stays",
    example: "outside",
  }),
  appAddress: words(APP_ADDRESS_KEY, {
    words: { loopback: "loopback", pod: "pod" },
    form: "loopback or pod",
    does: "where the sidecar finds the app: at 127.0.0.1 or ::1, or at the address of the pod that was called, for apps that listen there alone",
    otherwise: "the app is found on loopback",
    example: "pod",
  }),
} as const;

/** All of them, for what concerns each alike. */
export const ANNOTATIONS: readonly Annotation<unknown>[] = Object.values(ANNOTATION_TABLE);

/** Keys that the injector writes for the App Mesh CNI plugin; a user's value never has an effect. */
export const CNI_OUTPUT_KEYS: readonly string[] = ["ignoredUID", "proxyEgressPort", "proxyIngressPort"].map(
  (name) => `${APPMESH_PREFIX}${name}`,
);
