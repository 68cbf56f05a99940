/** A bug or limitation of one of the two AWS programs, and what becomes of it here. */
export interface KnownBug {
  readonly id: string;
  /** What people met. */
  readonly problem: string;
  /** What happens instead; a test of the same id shows it. */
  readonly ours: string;
}

type Row = readonly [id: string, problem: string, ours: string];

/** The injector of 2019. */
const INJECTOR: readonly Row[] = [
  [
    "I1",
    "registered for UPDATE and not idempotent: an injected pod could not be relabelled",
    "CREATE only; an update is allowed unchanged, and a second injection is an empty patch",
  ],
  [
    "I2",
    "`secretMounts` went to the second container of the pod and destroyed its mounts",
    "they reach Envoy, whatever else is in the pod",
  ],
  [
    "I3",
    "whether the pod has volumes was guessed, so a patch replaced the ones it made itself",
    "what is missing is made once, what is there is added to",
  ],
  [
    "I4",
    "tracing in a pod without volumes made the patch inapplicable and the pod rejected",
    "a pod without volumes gets the list with the first volume",
  ],
  ["I5", "tracing in CNI mode without init containers made the patch inapplicable", "tracing needs no init container"],
  [
    "I6",
    "with Datadog every pod was rejected for a volume that does not exist",
    "every mounted volume exists, with every tracer",
  ],
  ["I7", "fsGroup was put into a `securityContext` that may not be there", "the parent is made where it is missing"],
  [
    "I8",
    "annotations became text of a template: quotes broke or extended the patch",
    "values stay strings; nothing of a pod is parsed again",
  ],
  ["I9", "stats tags were lost when Jaeger or Datadog was on", "both work together"],
  ["I10", "whole pods and reviews were logged", "a log line has names, identifiers and the decision"],
  [
    "I11",
    "operations in random order, the pull secret and ports twice",
    "the same pod gives the same bytes; pull secret and ports come once",
  ],
  [
    "I12",
    "a charset in the content type failed the call; answers lacked version and UID",
    "parameters are accepted; v1 and v1beta1 are answered in kind, always with the UID",
  ],
  [
    "I13",
    "bare pods, pods without ports and pods of unreadable ReplicaSets were skipped silently",
    "they are injected; a guess comes with a warning",
  ],
  ["I14", "a CronJob's pods were named after each run's Job", "they are named after the CronJob"],
  [
    "I15",
    "pods on the host's network were injected, redirecting the node's traffic",
    "they are skipped, with the reason",
  ],
  ["I16", "the certificate was read once", "files are watched; a new certificate serves the next connection"],
  [
    "I17",
    "an empty mesh, log level or region was accepted",
    "no mesh is a denial that says where one was looked for; an empty log level is refused at the start; no region is told to nobody",
  ],
  [
    "I18",
    "no readiness, no stop order, no limits: the app could start before Envoy and outlive it",
    "Envoy is a native sidecar that is ready before the app starts; limits by configuration or annotation",
  ],
  [
    "I19",
    "fsGroup 1337 changed the group of all volumes",
    "only on request; the sidecar's token is readable without it",
  ],
  [
    "I20",
    "`kubectl apply --dry-run=server` failed; v1beta1 everywhere",
    "v1, `sideEffects: None`; a dry run gets the same answer",
  ],
  [
    "I21",
    "stale manifests, a chart that registered a Service which does not exist, documents of dead settings",
    "every object of an installation is built as data, the same for each way to install; the registration refers to the one Service name; the configuration page is written out of the schema",
  ],
  [
    "I22",
    "Envoy's admin interface listened on all addresses",
    "it listens on loopback; a separate port serves `/ready`, statistics and the pod's own probes, nothing else (flavor `aws`: the image decides)",
  ],
];

/** The AWS controller. */
const CONTROLLER: readonly Row[] = [
  [
    "C1",
    "the switch for IPv6 administration turned on dual-stack endpoints instead",
    "each setting has a place of its own",
  ],
  [
    "C2",
    "fields that the controller's library did not know were removed from pods",
    "the patch only adds to the raw JSON; unknown fields stay at any depth",
  ],
  ["C3", "environment in random order", "always the same order"],
  ["C4", "Jobs never finished, because Envoy went on running", "a native sidecar ends with the pod's last container"],
  [
    "C5",
    "the app could start before Envoy; waiting for it broke with another admin port",
    "Envoy and proxyinit, then the pod's own init containers; the probes follow the port",
  ],
  [
    "C6",
    "stopping needed a shell and could be killed in the middle of draining",
    "no shell; the kubelet stops Envoy last; delays beyond the grace period are cut or warned about",
  ],
  ["C7", "readiness was a shell with curl and two greps that said little", "an HTTP probe of `/ready`"],
  [
    "C8",
    "proxyinit failed in pods with `runAsNonRoot`, and under Pod Security for reasons hard to see",
    "it says root and its one capability itself; a namespace that will refuse it is warned about beforehand",
  ],
  [
    "C9",
    "`sidecarEnv` could not hold commas or equals signs; managed keys were overwritten silently",
    "`sidecarEnvJson` takes any text; a key without effect is said",
  ],
  [
    "C10",
    "gateways: no container `envoy` was silently wrong, values clashed with `valueFrom`, the pod's UID came twice",
    "a missing container is a denial; an entry that must win is added behind the other, and nothing comes twice",
  ],
  [
    "C11",
    "SDS: a pod that mounts the socket's directory itself got the variable, but no mount",
    "Envoy's mount does not depend on the pod's volumes",
  ],
  ["C12", "X-Ray: another port was told to Envoy, but not to the daemon", "the daemon listens where Envoy sends"],
  ["C13", "CNI mode failed for a node without listeners", "the list of ports is empty then"],
  [
    "C14",
    "CNI mode captures before init containers run, so these have no network",
    "a pod can exempt addresses and ports; an init container with Envoy's UID is outside the mesh, which a warning says",
  ],
  [
    "C15",
    "a required webhook on its own namespace could block a cluster after the loss of a node",
    "the registration leaves out `kube-system` and both namespaces of ours",
  ],
  [
    "C16",
    "pods without a VirtualNode at their creation were missed or refused",
    "they are injected under their owner's name (or refused, or skipped, as configured), and a VirtualNode that appears later counts at once",
  ],
  [
    "C17",
    "the refusal said that nothing matched, not what had been looked for",
    "the denial counts what was looked at and says what to do",
  ],
  [
    "C18",
    "the credentials endpoint of EKS Pod Identity was captured; other webhooks' environment did not reach Envoy",
    "both metadata services are exempt in both families; the registration asks for reinvocation",
  ],
  [
    "C19",
    "IPv6 capture broke nodes without IPv6, pod by pod to be switched off",
    "`capture.ipv6` switches it for the cluster, the annotation for a pod",
  ],
  [
    "C20",
    "more than 15 ports were refused by iptables after half of the rules, or ignored by the CNI plugin",
    "proxyinit takes any number and ranges; AWS's program is never given more than it takes; the plugin's limit is warned about",
  ],
  [
    "C21",
    "kubelet probes failed behind Envoy",
    "probes of captured ports ask the app through the sidecar's status port (flavor `aws`: a warning)",
  ],
  [
    "C22",
    "`ref:status.hostIP` was documented for Jaeger, but missing",
    "it works for every tracer's address and for statsd",
  ],
  [
    "C23",
    "one tracing port for three providers; CPU and memory swapped in examples",
    "a chart's shared port that is another provider's is not taken over, with a warning",
  ],
  [
    "C24",
    "volumes named like their secrets clashed, or had names that volumes may not have",
    "names of their own, within the limits, the same every time",
  ],
  [
    "C25",
    "a slip in the annotation switched the namespace's mode off",
    "the mode stays, and a warning says which words there are",
  ],
  ["C26", "AWS keys as flags and plain environment", "keys come from a Secret; the flags are refused with the way out"],
  [
    "C27",
    "`APPMESH_FIPS_ENDPOINT` is not read by the public agent",
    "flavor `aws` sets it for images that do; flavor `envoy` says that it has no effect",
  ],
  [
    "C28",
    "`NaN` and hexadecimal numbers passed as a sampling rate",
    "a decimal from 0 to 1, in the configuration and on the pod",
  ],
  [
    "C29",
    "the injector could not run without the controller",
    "it can: without a cluster, without custom resources, on the command line",
  ],
  [
    "C30",
    "pods of a namespace labelled `disabled` were admitted for a gateway",
    "they need the pod's own annotation, gateway or not",
  ],
];

/** In the order of the docs. */
export const KNOWN_BUGS: readonly KnownBug[] = [...INJECTOR, ...CONTROLLER].map(([id, problem, ours]) => ({
  id,
  problem,
  ours,
}));
