import { join } from "node:path";
import { hostTools } from "../../testbed/packages/host-tools.ts";
import { progressOnStderr } from "../../testbed/progress.ts";
import type { As, NetworkNamespace, Ran } from "./network-namespace.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

export const BACKENDS = ["nft", "legacy"] as const;
export type Backend = (typeof BACKENDS)[number];

/** What the injector gives to `proxyinit`. */
export const INJECTED: Readonly<Record<string, string>> = {
  APPMESH_START_ENABLED: "1",
  APPMESH_IGNORE_UID: "1337",
  APPMESH_ENVOY_INGRESS_PORT: "15000",
  APPMESH_ENVOY_EGRESS_PORT: "15001",
  APPMESH_APP_PORTS: "80,443",
  APPMESH_EGRESS_IGNORED_IP: "169.254.169.254",
  APPMESH_EGRESS_IGNORED_PORTS: "22",
  APPMESH_ENABLE_IPV6: "1",
};

/** `outrigger capture` with real iptables. */
export interface CaptureProgram {
  readonly tools: string;
  run(
    namespace: NetworkNamespace,
    backend: Backend,
    options?: { env?: Readonly<Record<string, string>>; words?: readonly string[]; as?: As; path?: string },
  ): Promise<Ran>;
  /** The rules of the nat table without its comments and counters, as iptables-save prints them. */
  rules(namespace: NetworkNamespace, backend: Backend, family?: "iptables" | "ip6tables"): Promise<readonly string[]>;
  /** Runs `iptables-<backend>` with these words after `-t nat`; throws when it fails. */
  iptables(namespace: NetworkNamespace, backend: Backend, ...words: readonly string[]): Promise<void>;
}

export async function captureProgram(): Promise<CaptureProgram> {
  const tools = await hostTools(progressOnStderr);
  const path = `${tools}:${process.env["PATH"] ?? ""}`;
  return {
    tools,
    run(namespace, backend, { env = INJECTED, words = [], as, path: ownPath = path } = {}) {
      // the path is for the program; nsenter is found on that of this process
      return namespace.run(["env", `PATH=${ownPath}`, process.execPath, MAIN, "capture", ...words], {
        env: { ...env, OUTRIGGER_CAPTURE_BACKEND: backend, PATH: process.env["PATH"] },
        ...(as && { as }),
      });
    },
    async rules(namespace, backend, family = "iptables") {
      const { code, stdout, stderr } = await namespace.run([join(tools, `${family}-${backend}-save`), "-t", "nat"]);
      if (code !== 0) throw new Error(stderr);
      return stdout
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.replace(/ \[\d+:\d+\]$/, ""));
    },
    async iptables(namespace, backend, ...words) {
      const { code, stderr } = await namespace.run([join(tools, `iptables-${backend}`), "-t", "nat", ...words]);
      if (code !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
    },
  };
}
