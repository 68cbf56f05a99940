import { readFile } from "node:fs/promises";
import { Agent, type RequestOptions } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { KubeError } from "./kube-error.ts";
import { KUBE_LIMITS } from "./limits.ts";
import type { PlainKubeconfig } from "./plain-kubeconfig.ts";

/** Where the Kubernetes API is, and how to be let in. */
export interface KubeEndpoint {
  readonly server: URL;
  /** Options for one call: TLS, agent and authorization, renewed as needed. */
  readonly options: () => Promise<RequestOptions>;
}

/** Where the kubelet puts a pod's own credentials. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The endpoint of the given kubeconfig file; with an empty path that of the pod we run in, else the user's kubeconfig.
 * `context` chooses one of a kubeconfig's contexts instead of its current one. Rejects with {@link KubeError} `no-cluster` when there is none.
 */
export async function kubeEndpoint(
  kubeconfig: string,
  environment: NodeJS.ProcessEnv,
  context = "",
): Promise<KubeEndpoint> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (kubeconfig === "" && context === "" && host !== undefined && port !== undefined) {
    return inCluster(new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`), SERVICE_ACCOUNT);
  }
  // a pod needs neither this nor the library
  const { plainKubeconfig } = await import("./plain-kubeconfig.ts");
  const plain = plainKubeconfig(kubeconfig === "" ? usersKubeconfig(environment) : kubeconfig, context);
  return plain === undefined ? fromKubeconfig(kubeconfig, context) : fromPlain(plain);
}

/** The file that kubectl would take; one of several in `KUBECONFIG` is none that can be read alone. */
function usersKubeconfig({ KUBECONFIG }: NodeJS.ProcessEnv): string {
  return KUBECONFIG || join(homedir(), ".kube", "config");
}

function fromPlain({ server, options }: PlainKubeconfig): KubeEndpoint {
  const agent = server.protocol === "https:" ? new Agent({ keepAlive: true }) : false;
  return { server, options: () => Promise.resolve({ ...options, agent }) };
}

/**
 * The endpoint of the cluster in which we are a pod: needs no library, so the webhook stays small where it counts. The kubelet
 * renews both files, and the authority may be rotated while we run. `now` in milliseconds, as of any clock that does not go back.
 */
export async function inCluster(
  server: URL,
  directory: string,
  now: () => number = () => performance.now(),
): Promise<KubeEndpoint> {
  let current = await credentialsIn(directory);
  let readAt = now();
  return {
    server,
    async options() {
      if (now() - readAt > KUBE_LIMITS.tokenAge) {
        current = await credentialsIn(directory, current);
        readAt = now();
      }
      return { agent: current.agent, headers: { authorization: `Bearer ${current.token}` } };
    },
  };
}

interface PodCredentials {
  readonly token: string;
  readonly ca: string;
  /** Trusts the authority; calls that run on a former one's connections go on. */
  readonly agent: Agent;
}

async function credentialsIn(directory: string, before?: PodCredentials): Promise<PodCredentials> {
  const [token, ca] = await Promise.all(["token", "ca.crt"].map((file) => readFile(`${directory}/${file}`, "utf8")));
  const trusted = ca ?? "";
  const agent = before?.ca === trusted ? before.agent : new Agent({ keepAlive: true, ca: trusted });
  return { token: (token ?? "").trim(), ca: trusted, agent };
}

/** The endpoint of any kubeconfig's current context, with every way of authentication that kubectl knows. */
async function fromKubeconfig(path: string, context: string): Promise<KubeEndpoint> {
  // Loaded only here: it takes a third of a second and 90 MB.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    if (path === "") config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (error) {
    const where = path === "" ? "the default kubeconfig" : path;
    throw new KubeError("no-cluster", `${where} cannot be used: ${(error as Error).message}`, { cause: error });
  }
  if (context !== "") {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw new KubeError(
        "no-cluster",
        `there is no context ${context}: expected one of ${known.join(", ") || "none"}`,
      );
    }
    config.setCurrentContext(context);
  }
  const cluster = config.getCurrentCluster();
  // What the library falls back to when it found nothing.
  if (cluster === null || (path === "" && cluster.server === "http://localhost:8080")) {
    throw new KubeError(
      "no-cluster",
      `${path === "" ? "no kubeconfig was found" : `${path} has no current context`}: give one with --kubeconfig FILE`,
    );
  }
  const server = new URL(cluster.server);
  const ownAgent = server.protocol === "https:" ? new Agent({ keepAlive: true }) : undefined;
  return {
    server,
    async options() {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      // The library's agent opens a connection for every call; only a proxy needs it.
      const agent = cluster.proxyUrl === undefined ? ownAgent : options.agent;
      return { ...options, ...(agent === undefined ? { agent: false } : { agent }) };
    },
  };
}
