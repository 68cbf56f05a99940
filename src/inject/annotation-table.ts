import { APPMESH_PREFIX, OUTRIGGER_PREFIX } from "../model/names.ts";

/** What happens to a value of the given sort: used as it is, used with a warning (and how), or the pod is denied. */
export type Treatment = "accept" | "warn" | "deny";

/** One annotation that a user may put on a pod. */
export interface AnnotationSpec {
  readonly key: string;
  /** Accepted form, for messages and docs. */
  readonly form: string;
  readonly does: string;
  readonly empty: Treatment;
  /** A word where another is expected: `maybe`. */
  readonly unknownWord: Treatment;
  /** Text that is not of the form at all. */
  readonly malformed: Treatment;
  /** What a value that is treated with a warning has for an effect. */
  readonly otherwise: string;
  readonly example: string;
}

type Row = readonly [
  name: string,
  form: string,
  does: string,
  empty: Treatment,
  unknownWord: Treatment,
  malformed: Treatment,
  otherwise: string,
  example: string,
];

// The one table of `DESIGN` §6: key × {empty, unknown word, malformed}. What an old program accepted and what worked there is
// never denied; what it would have passed on broken is. `docs/annotations.md` is made from it and the tests walk it.
const APPMESH_ROWS: readonly Row[] = [
  [
    "sidecarInjectorWebhook",
    "enabled or disabled",
    "switches injection for this pod",
    "warn",
    "warn",
    "warn",
    "the namespace's mode stays",
    "disabled",
  ],
  ["mesh", "a mesh name", "mesh of this pod", "deny", "accept", "deny", "", "my-mesh"],
  ["virtualNode", "a virtual node name", "virtual node of this pod, verbatim", "deny", "accept", "deny", "", "my-app"],
  [
    "ports",
    "comma-separated ports or ranges",
    "inbound ports that go through Envoy; empty: none",
    "accept",
    "deny",
    "deny",
    "",
    "8079,8080",
  ],
  [
    "egressIgnoredPorts",
    "comma-separated ports or ranges",
    "outgoing ports that bypass Envoy instead of the configured ones; with proxyinit 22 always does",
    "accept",
    "deny",
    "deny",
    "",
    "22,3306",
  ],
  [
    "egressIgnoredIPs",
    "comma-separated addresses or blocks",
    "destinations that bypass Envoy, instead of the configured ones",
    "accept",
    "deny",
    "deny",
    "",
    "10.0.0.0/8,fd00::1",
  ],
  ["cpuRequest", "a quantity", "CPU request of the sidecar; empty: none", "accept", "deny", "deny", "", "20m"],
  ["memoryRequest", "a quantity", "memory request of the sidecar; empty: none", "accept", "deny", "deny", "", "64Mi"],
  ["cpuLimit", "a quantity", "CPU limit of the sidecar; empty: none", "accept", "deny", "deny", "", "200m"],
  ["memoryLimit", "a quantity", "memory limit of the sidecar; empty: none", "accept", "deny", "deny", "", "256Mi"],
  [
    "preview",
    "true, enabled, false or disabled",
    "App Mesh's preview channel",
    "warn",
    "warn",
    "warn",
    "it counts as off",
    "enabled",
  ],
  [
    "appmeshCNI",
    "enabled or disabled",
    "traffic is captured by the CNI plugin instead of proxyinit",
    "warn",
    "warn",
    "warn",
    "it counts as disabled, also on Fargate",
    "enabled",
  ],
  [
    "secretMounts",
    "comma-separated secret:path",
    "mounts secrets into Envoy",
    "warn",
    "deny",
    "deny",
    "nothing is mounted",
    "tls-certs:/etc/certs",
  ],
  [
    "volumeMounts",
    "comma-separated volume:path",
    "mounts volumes of the pod into Envoy",
    "warn",
    "deny",
    "deny",
    "nothing is mounted",
    "certs:/etc/certs",
  ],
  [
    "sidecarEnv",
    "comma-separated NAME=value",
    "environment for Envoy",
    "warn",
    "deny",
    "deny",
    "nothing is set",
    "DD_ENV=prod",
  ],
  [
    "sidecarEnvJson",
    'a JSON list of objects, [{"NAME":"value"}]',
    "environment for Envoy, any value",
    "warn",
    "deny",
    "deny",
    "nothing is set",
    '[{"DD_ENV":"prod"}]',
  ],
  [
    "sds",
    "enabled or disabled",
    "SDS agent socket for this pod; cannot switch it on",
    "warn",
    "warn",
    "warn",
    "the configured mode stays",
    "disabled",
  ],
  [
    "ipv6",
    "enabled or disabled",
    "capture of IPv6 traffic",
    "warn",
    "warn",
    "warn",
    "the configured mode stays",
    "disabled",
  ],
  [
    "virtualGatewaySkipImageOverride",
    "enabled or disabled",
    "keeps the Envoy image of a gateway pod",
    "warn",
    "warn",
    "warn",
    "the image is replaced",
    "enabled",
  ],
  [
    "xrayAgentConfigMount",
    "one volume:path",
    "configuration file of the X-Ray daemon",
    "warn",
    "deny",
    "deny",
    "nothing is mounted",
    "xray-config:/etc/xray",
  ],
];

const OUTRIGGER_ROWS: readonly Row[] = [
  [
    "stop-delay",
    "whole seconds from 0 to 3600",
    "app containers without a preStop hook wait that long before they stop",
    "deny",
    "deny",
    "deny",
    "",
    "15",
  ],
  [
    "init-containers",
    "inside or outside",
    "the pod's own init containers run inside the mesh, or before its traffic is captured; on a namespace: for its pods",
    "warn",
    "warn",
    "warn",
    "the namespace's or the configured order stays",
    "outside",
  ],
];

function spec(
  prefix: string,
  [name, form, does, empty, unknownWord, malformed, otherwise, example]: Row,
): AnnotationSpec {
  return { key: `${prefix}${name}`, form, does, empty, unknownWord, malformed, otherwise, example };
}

/** Every annotation that a user may set, in the order of the docs. */
export const ANNOTATIONS: readonly AnnotationSpec[] = [
  ...APPMESH_ROWS.map((row) => spec(APPMESH_PREFIX, row)),
  ...OUTRIGGER_ROWS.map((row) => spec(OUTRIGGER_PREFIX, row)),
];

const BY_KEY = new Map(ANNOTATIONS.map((entry) => [entry.key, entry]));

/** The table's row of a key that is known to be in it. */
export function annotationSpec(key: string): AnnotationSpec {
  const found = BY_KEY.get(key);
  if (found === undefined) throw new Error(`${key} is not in the table of annotations`);
  return found;
}

/** Keys that the injector writes for the App Mesh CNI plugin; a user's value never has an effect. */
export const CNI_OUTPUT_KEYS: readonly string[] = ["ignoredUID", "proxyEgressPort", "proxyIngressPort"].map(
  (name) => `${APPMESH_PREFIX}${name}`,
);
