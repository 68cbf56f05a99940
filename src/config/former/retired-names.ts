import { readBoolean } from "../raw-value.ts";
import type { FormerName } from "./name.ts";

const DEPLOYED = "only the deployment of the old program went by it";
const CONTROLLER = "it belonged to the controller's own work, which the injector does not do";
const AWS_CALLS = "Outrigger makes no AWS calls (proxy.fipsEndpoint and proxy.dualStackEndpoint are the sidecar's)";
const CREDENTIALS =
  "no credentials here, where others can read them: put them into a Secret and name it in proxy.awsCredentialsSecret";

/** Names of the two old programs that have no meaning any more: accepted with a warning, or refused with the way out. */
export const RETIRED_NAMES: readonly FormerName[] = [
  refused(["envoy-aws-access-key-id"], ["sidecar.envoyAwsAccessKeyId"], CREDENTIALS),
  refused(["envoy-aws-secret-access-key"], ["sidecar.envoyAwsSecretAccessKey"], CREDENTIALS),
  refused(["envoy-aws-session-token"], ["sidecar.envoyAwsSessionToken"], CREDENTIALS),
  refused(["master"], [], "no address here: write it into a kubeconfig file and name that with --kubeconfig"),
  {
    flags: ["enable-tls"],
    onOff: true,
    becomes: {
      kind: "refused",
      instead: "true: API servers call webhooks by HTTPS only",
      harmless: (text) => readBoolean(text) === true,
    },
  },
  {
    flags: ["inject-statsd-exporter-sidecar"],
    variables: ["INJECT_STATSD_EXPORTER_SIDECAR"],
    onOff: true,
    becomes: { kind: "ignored", because: "it did nothing in the injector either; stats.statsd sends statistics" },
  },
  {
    flags: ["tls-min-version", "tls-cipher-suite"],
    values: ["tlsMinVersion", "tlsCipherSuite"],
    becomes: { kind: "ignored", because: "the webhook speaks TLS 1.2 and 1.3 with the cipher suites of Node.js" },
  },
  {
    flags: ["cluster-name"],
    values: ["clusterName"],
    becomes: { kind: "ignored", because: "it served to ask AWS for the cluster's IP family, which capture.ipv6 says" },
  },
  {
    flags: ["metrics-addr", "health-probe-port"],
    becomes: { kind: "ignored", because: "metrics and health are together now, at webhook.metricsListen" },
  },
  {
    flags: ["enable-custom-health-check"],
    values: ["cloudMapCustomHealthCheck"],
    onOff: true,
    becomes: { kind: "ignored", because: "cloudMapReadinessGate adds the gate, which the control plane opens" },
  },
  {
    flags: ["enable-leader-election", "enable-backend-groups"],
    values: ["enableBackendGroups"],
    onOff: true,
    becomes: { kind: "ignored", because: CONTROLLER },
  },
  {
    flags: ["sync-period", "page-limit", "cloudmap-dns-ttl"],
    values: ["cloudMapDNS", "mesh.create", "mesh.discovery", "mesh.egressFilter"],
    becomes: { kind: "ignored", because: CONTROLLER },
  },
  {
    flags: ["use-aws-fips-endpoint", "use-aws-dual-stack-endpoint"],
    values: ["useAwsFIPSEndpoint", "useAwsDualStackEndpoint"],
    onOff: true,
    becomes: { kind: "ignored", because: AWS_CALLS },
  },
  { flags: ["aws-api-throttle"], becomes: { kind: "ignored", because: AWS_CALLS } },
  {
    flags: ["logtostderr", "alsologtostderr"],
    onOff: true,
    becomes: { kind: "ignored", because: "logs go to standard error; log.level says how much" },
  },
  {
    flags: ["v", "vmodule", "stderrthreshold", "log_dir", "log_file", "log_backtrace_at"],
    becomes: { kind: "ignored", because: "logs go to standard error; log.level says how much" },
  },
  {
    values: [
      "replicaCount",
      "image",
      "nameOverride",
      "fullnameOverride",
      "resources",
      "nodeSelector",
      "tolerations",
      "affinity",
      "podAnnotations",
      "podLabels",
      "podDisruptionBudget",
      "priorityClassName",
      "serviceAccount",
      "rbac",
      "env",
      "enableCertManager",
    ],
    becomes: { kind: "ignored", because: DEPLOYED },
  },
];

function refused(flags: readonly string[], values: readonly string[], instead: string): FormerName {
  return { flags, values, becomes: { kind: "refused", instead, harmless: (text) => text === "" } };
}
