import { z } from "zod";
import { certificateSecrets, lifetime, listenAddress, optionalFile, optionalListenAddress, text } from "../forms.ts";
import { group, setting } from "../setting.ts";

/** The control plane itself. */
export const controlPlane = group({
  listen: setting(listenAddress.default("0.0.0.0:18000"), "address and port of the control plane"),
  /** An installation has it on the port that its Service leads to. */
  webhookListen: setting(
    optionalListenAddress.default(""),
    "address and port of the webhook for App Mesh objects; empty: none",
  ),
  metricsListen: setting(
    optionalListenAddress.default("0.0.0.0:9090"),
    "address and port of metrics and health; empty: none",
  ),
  /** Plain text that shows every stream: on loopback only, where a port-forward reaches it. */
  diagnosticsListen: setting(
    text(
      "ADDRESS:PORT on loopback such as 127.0.0.1:9091 or [::1]:9091, or nothing",
      /^((127\.0\.0\.1|\[::1\]):[0-9]{1,5})?$/,
    ).default("127.0.0.1:9091"),
    "address and port, on loopback, that shows every stream of a proxy; empty: none",
  ),
  kubeconfig: setting(optionalFile.default(""), "file that says how to reach the cluster; empty: as kubectl finds it"),
  mesh: setting(
    z.enum(["observe", "serve"]).default("observe"),
    "whether proxies get what the App Mesh resources say (serve), or pass traffic through (observe), where neither namespace nor Mesh says it by the annotation outrigger.dev/mesh",
  ),
  discovery: setting(
    z.enum(["dns", "endpoints"]).default("dns"),
    "how the host name of a virtual node is found that is a Service of the cluster, where the node does not say it by the annotation outrigger.dev/discovery: by DNS (dns), or answered from its EndpointSlices (endpoints)",
  ),
  /** The order of deletion that App Mesh wanted: a Mesh after its members, a gateway after its routes. */
  deletionGuards: setting(
    z.enum(["warn", "refuse"]).default("warn"),
    "whether a Mesh that has members, or a VirtualGateway that has routes, may be deleted with a warning (warn) or not (refuse)",
  ),
  /** Half an hour, as App Mesh did: streams spread over replicas again after one was away. */
  streamMaxAgeSeconds: setting(
    z.int().min(10).max(86_400).default(1800),
    "how long a proxy's stream may stand before it has to begin again, in seconds",
  ),
  /** Where proxies log; empty: nowhere. Envoy can open nothing else in its container, and a file that it cannot open takes the listener. */
  accessLog: setting(
    text("/dev/stdout or /dev/stderr, or nothing", /^(\/dev\/std(out|err))?$/).default(""),
    "file in which sidecars log each connection: /dev/stdout or /dev/stderr, for nothing else can be written there; empty: they do not",
  ),
  /** Statistics and readiness at the address of each pod, on port `proxy.adminPort`, as App Mesh's Envoys had them. */
  statsListener: setting(
    z.boolean().default(true),
    "whether each sidecar answers GET of /ready, /stats, /stats/prometheus and /server_info at its pod's address, on the port proxy.adminPort, as App Mesh's did; nothing else of the admin interface is reached there",
  ),
  shutdownSeconds: setting(
    z.int().min(0).max(600).default(20),
    "how long streams may still take to end after SIGTERM, in seconds",
  ),
  restartSlippedThrough: setting(
    z.boolean().default(false),
    "evict pods that were created without asking the injector, where their controller creates them again",
  ),
  /** Kubelets bring a changed annotation into a running pod within two minutes. */
  certificates: group({
    rootSeconds: setting(lifetime.default(315_360_000), "lifetime of the mesh's authority, in seconds"),
    leafSeconds: setting(lifetime.default(604_800), "lifetime of the control plane's certificate, in seconds"),
    settleSeconds: setting(
      lifetime.default(180),
      "how long proxies may still verify by a former trust bundle, in seconds",
    ),
    secrets: setting(
      certificateSecrets.default([]),
      "ARNs of ACM that mean a Secret of the control plane's namespace: a certificate with its key (tls.crt, tls.key), for nodes and gateways of the given namespaces alone, and the authorities that clients of any namespace trust by it (ca.crt)",
    ),
  }),
});
