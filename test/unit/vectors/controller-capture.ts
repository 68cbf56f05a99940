import type { JsonObject } from "../../../src/model/json.ts";
import { aContainer, appmesh, type PodChange, withContainers, withSpec } from "../../pods.ts";
import { around, pod } from "./controller-pods.ts";
import { annotations, decision, differs, env, names, same, type Vector } from "./vector.ts";

const ports = "Ports and redirection";
const CNI = appmesh({ appmeshCNI: "enabled" });
const nothing: PodChange = (unchanged) => unchanged;

/** Environment of proxyinit by what the pod says and the node listens on. */
function capture(id: string, given: string, change: PodChange, listeners: readonly number[], expected: object) {
  return same(
    ports,
    id,
    given,
    Object.entries(expected)
      .map(([name, value]) => `${name}=${value}`)
      .join(", "),
    {
      pod: pod(withContainers(aContainer("bar")), change),
      surroundings: around({}, listeners),
      observe: env("proxyinit", ...Object.keys(expected)),
      expected,
    },
  );
}

/** The controller's unit tests of proxyinit and CNI mode. */
export const CONTROLLER_CAPTURE: readonly Vector[] = [
  capture("proxyMutator: listeners", "listeners 80 and 443", nothing, [80, 443], {
    APPMESH_START_ENABLED: "1",
    APPMESH_IGNORE_UID: "1337",
    APPMESH_ENVOY_INGRESS_PORT: "15000",
    APPMESH_ENVOY_EGRESS_PORT: "15001",
    APPMESH_APP_PORTS: "80,443",
    APPMESH_EGRESS_IGNORED_IP: "192.168.0.1",
    APPMESH_EGRESS_IGNORED_PORTS: "22",
    APPMESH_ENABLE_IPV6: "1",
  }),
  capture("proxyMutator: no listener", "no listener, no declared port", nothing, [], { APPMESH_APP_PORTS: "" }),
  capture("proxyMutator: ipv6 disabled", "`ipv6: disabled`", appmesh({ ipv6: "disabled" }), [], {
    APPMESH_ENABLE_IPV6: "0",
  }),
  capture("getAppPorts: annotation", "`ports: 8080` over listeners 80 and 443", appmesh({ ports: "8080" }), [80, 443], {
    APPMESH_APP_PORTS: "8080",
  }),
  capture(
    "getEgressIgnoredPorts",
    "`egressIgnoredPorts: 8443,9090`",
    appmesh({ egressIgnoredPorts: "8443,9090" }),
    [],
    { APPMESH_EGRESS_IGNORED_PORTS: "8443,9090" },
  ),
  capture(
    "getEgressIgnoredIPs",
    "`egressIgnoredIPs: 192.168.0.1,192.168.0.2`",
    appmesh({ egressIgnoredIPs: "192.168.0.1,192.168.0.2" }),
    [],
    { APPMESH_EGRESS_IGNORED_IP: "192.168.0.1,192.168.0.2" },
  ),
  differs(
    ports,
    "getAppPorts: none",
    "no listener, but declared ports 80 and 443",
    "controller: nothing is captured inbound",
    { ours: "the declared TCP ports, as with the injector of 2019", decidedBy: "rule: ports" },
    {
      pod: pod(),
      surroundings: around(),
      observe: env("proxyinit", "APPMESH_APP_PORTS"),
      expected: { APPMESH_APP_PORTS: "80,443" },
    },
  ),
  differs(
    ports,
    "ignored-ips: default",
    "no `egressIgnoredIPs`, default settings",
    "both: 169.254.169.254",
    { ours: "the metadata services of EC2 and EKS Pod Identity, in both families", decidedBy: "C18" },
    {
      pod: pod(),
      observe: env("proxyinit", "APPMESH_EGRESS_IGNORED_IP"),
      expected: { APPMESH_EGRESS_IGNORED_IP: "169.254.169.254,169.254.170.23,fd00:ec2::254,fd00:ec2::23" },
    },
  ),
  same(ports, "proxyMutator: CNI, no listener", "CNI mode, no listener", "an empty `ports` annotation", {
    pod: pod(CNI, withContainers(aContainer("bar"))),
    surroundings: around(),
    observe: annotations("ports"),
    expected: { ports: "" },
  }),
  same(ports, "cniProxyMutator", "CNI mode, another annotation", "seven annotations, the other kept", {
    pod: pod(CNI, (one) => ({ ...one, metadata: { ...(one["metadata"] as JsonObject), name: "a" } })),
    surroundings: around({}, [80, 443]),
    observe: annotations(
      "ports",
      "egressIgnoredIPs",
      "egressIgnoredPorts",
      "ignoredUID",
      "proxyEgressPort",
      "proxyIngressPort",
      "sidecarInjectorWebhook",
      "appmeshCNI",
    ),
    expected: {
      ports: "80,443",
      egressIgnoredIPs: "192.168.0.1",
      egressIgnoredPorts: "22",
      ignoredUID: "1337",
      proxyEgressPort: "15001",
      proxyIngressPort: "15000",
      sidecarInjectorWebhook: "enabled",
      appmeshCNI: "enabled",
    },
  }),
  differs(
    ports,
    "initProxyMutator: other init first",
    "an init container of the pod's own",
    "both: proxyinit comes last",
    { ours: "proxyinit and Envoy come first, so that the others are in the mesh", decidedBy: "C5" },
    {
      pod: pod(withSpec({ initContainers: [aContainer("init")] })),
      surroundings: around(),
      observe: names,
      expected: ["proxyinit", "envoy", "init", "bar"],
    },
  ),
  differs(
    ports,
    "initProxyMutator: proxyinit already there",
    "a container proxyinit of the pod's own",
    "controller: used as it is",
    { ours: "denied with the way out", decidedBy: "rule: container names" },
    {
      pod: pod(withSpec({ initContainers: [aContainer("proxyinit")] })),
      surroundings: around(),
      observe: decision,
      expected: "deny container-name-taken",
    },
  ),
];
