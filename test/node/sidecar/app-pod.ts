import { INJECT_KEY } from "../../../src/model/names.ts";
import { apply, createNamespace, kubectl, outcomeOf } from "../kubectl.ts";

/** What a pod of a test may say beyond its name. */
export interface PodOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Merged over the container with the test application. */
  readonly container?: object;
  /** Merged over the pod's spec. */
  readonly spec?: object;
}

/** How long a pod may take to become Ready on a machine that does much else. */
const READY = "--timeout=150s";

/** Pods of one namespace, which is labelled for injection unless told otherwise. */
export class TestNamespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Creates it again, with labels beside the one for injection. */
  async create(
    labels: Readonly<Record<string, string>> = {},
    injection: "enabled" | "none" = "enabled",
  ): Promise<void> {
    await kubectl("delete", "namespace", this.name, "--ignore-not-found", "--timeout=150s"); // of a run that was ended, or that ends just now
    await createNamespace(this.name, { ...(injection === "enabled" && { [INJECT_KEY]: "enabled" }), ...labels });
  }

  /** Without waiting, and without complaint where it was never made. */
  async delete(): Promise<void> {
    await kubectl("delete", "namespace", this.name, "--wait=false", "--ignore-not-found");
  }

  /**
   * A pod with the test application as container `app`, which ends within a second of being asked to. It is Ready when the application listens,
   * unless it has probes of its own.
   */
  pod(name: string, { annotations = {}, labels = {}, container = {}, spec = {} }: PodOptions = {}): object {
    const app: AppContainer = { ...APP, ...container };
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: this.name, annotations, labels: { app: name, ...labels } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ ...probed(app), ...app }], ...spec },
    };
  }

  /** Starts a pod without a sidecar that others call, and returns its URL when it answers. */
  async outside(): Promise<string> {
    const readinessProbe = { httpGet: { path: "/probe/ready", port: 8080 }, periodSeconds: 1 };
    await apply(this.pod("outside", { annotations: { [INJECT_KEY]: "disabled" }, container: { readinessProbe } }));
    await this.ready("outside");
    return `http://${(await this.addressesOf("outside")).ipv4}:8080/`;
  }

  /** @throws Error with what kubectl said. */
  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl("--namespace", this.name, ...args);
  }

  /** Waits until all these pods are Ready. */
  async ready(...pods: readonly string[]): Promise<void> {
    await this.kubectl("wait", "--for=condition=Ready", ...pods.map((pod) => `pod/${pod}`), READY);
  }

  /** One value of a pod, as kubectl's JSONPath (without `jsonpath=` and the outer braces) finds it. */
  valueOf(pod: string, path: string): Promise<string> {
    return this.kubectl("get", "pod", pod, `--output=jsonpath={${path}}`);
  }

  /** Addresses of a pod, IPv4 first. */
  async addressesOf(pod: string): Promise<{ readonly ipv4: string; readonly ipv6: string }> {
    const [ipv4 = "", ipv6 = ""] = (await this.valueOf(pod, ".status.podIPs[*].ip")).split(" ");
    return { ipv4, ipv6 };
  }

  /** Runs a script (TypeScript, for Node.js 24) in a pod's container `app`, and returns what it printed. */
  async run(pod: string, script: string, ...args: readonly string[]): Promise<string> {
    const node = ["node", "--input-type=module-typescript", "-", ...args];
    const argv = ["--namespace", this.name, "exec", "--stdin", pod, "--container=app", "--", ...node];
    const { code, stdout, stderr } = await outcomeOf("kubectl", argv, script);
    if (code !== 0) throw new Error(`in pod ${this.name}/${pod}: ${stderr.trim()}`);
    return stdout;
  }
}

interface AppContainer {
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly readinessProbe?: object;
}

/** Without a probe a pod is Ready before its app listens. This one asks no more once it was answered: whoever counts meets nothing of it. */
export function readyWhenAnswering(port: number, path = "/probe/ready"): object {
  const httpGet = { path, port };
  return { startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 300 } };
}

function probed({ command, args, readinessProbe }: AppContainer): object {
  const [first] = args[args.indexOf("--http") + 1]?.split(",") ?? [];
  const isOurs =
    command === undefined && args[0] === "serve" && args.includes("--http") && readinessProbe === undefined;
  return isOurs ? readyWhenAnswering(Number(first)) : {};
}

const APP = {
  name: "app",
  image: "testbed/app:1",
  args: ["serve", "--http", "8080,8081", "--stop", "abrupt"],
  ports: [{ containerPort: 8080 }],
};
