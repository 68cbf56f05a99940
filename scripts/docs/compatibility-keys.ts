/** What became of a key: who read it, and what is to be known. The test holds the names against the table of annotations. */
interface KeyHistory {
  readonly name: string;
  readonly injector: string;
  readonly controller: string;
  readonly here: string;
}

type Row = readonly [name: string, injector: string, controller: string, here: string];

const READ = "read";
const NO = "–";

const ROWS: readonly Row[] = [
  ["sidecarInjectorWebhook", READ, READ, "the same words in any case; another value keeps the namespace's mode"],
  ["mesh", READ, NO, "read; a VirtualNode that selects the pod must agree"],
  ["virtualNode", READ, NO, "read, and before any selector"],
  ["ports", "passed on", "passed on", "read; ranges too; numbers only"],
  ["egressIgnoredPorts", "passed on", "passed on", "read; ranges too; numbers only"],
  [
    "egressIgnoredIPs",
    "overwritten in CNI mode",
    "passed on",
    "read in both modes; addresses and blocks of both families",
  ],
  ["cpuRequest", "passed on", READ, "read; empty means none"],
  ["memoryRequest", "passed on", READ, "read; empty means none"],
  ["cpuLimit", NO, READ, READ],
  ["memoryLimit", NO, READ, READ],
  ["preview", "`true` is on", "`enabled` is on", "both are on; without effect in flavor `envoy`, which is said"],
  [
    "appmeshCNI",
    "`enabled` in lower case",
    "`enabled` in any case",
    "any case; another value means proxyinit, with a warning",
  ],
  ["secretMounts", "broken with two containers", READ, "read; several paths for one secret; in the order as written"],
  ["volumeMounts", NO, READ, "read; the volume must be there"],
  ["sidecarEnv", NO, READ, READ],
  ["sidecarEnvJson", NO, READ, "read; wins over `sidecarEnv`"],
  ["sds", NO, "`disabled` only", "the same; other values are warned about"],
  ["ipv6", NO, "`disabled`, with proxyinit", "the same, and `enabled` where the configuration is off"],
  ["virtualGatewaySkipImageOverride", NO, READ, READ],
  ["xrayAgentConfigMount", NO, READ, "read; the volume must be there"],
];

/** Every key below `appmesh.k8s.aws/`, in the order of the table of annotations. */
export const KEY_HISTORIES: readonly KeyHistory[] = ROWS.map(([name, injector, controller, here]) => ({
  name,
  injector,
  controller,
  here,
}));
