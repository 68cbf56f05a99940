import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrap } from "../../src/bootstrap/bootstrap.ts";
import { DRAIN_ARGUMENTS } from "../../src/bootstrap/drain.ts";
import { bootstrapArgument } from "../../src/bootstrap/expansion.ts";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { IDENTITY_PATH, PORTS } from "../../src/model/names.ts";
import { envoyBinary } from "../../testbed/envoy-binary.ts";
import { freePorts } from "../../testbed/process/free-port.ts";
import { expandAsKubelet, type PodValues } from "./kubelet-expansion.ts";

/** How a pod's bootstrap becomes one of a test: other ports, another folder; nothing else differs. */
export interface SidecarPlace {
  readonly pod: PodValues;
  /** Ports of the pod by the ports that stand in for them; see {@link sidecarPorts}. */
  readonly ports: ReadonlyMap<number, number>;
  /** Stands in for the identity volume. */
  readonly identity: string;
}

/** A running Envoy. */
export interface RunningEnvoy {
  readonly log: () => string;
  readonly stop: () => Promise<void>;
  /** Stops it where it is (`SIGSTOP`), or lets it go on: a process that hangs. */
  readonly signal: (signal: "SIGSTOP" | "SIGCONT") => void;
  /** Sends SIGTERM, as the kubelet does, and waits for the end. */
  readonly terminate: () => Promise<void>;
}

/** The argument that Envoy would get in a pod, and what of it has to differ in a test. */
export function configYaml(spec: BootstrapSpec, place: SidecarPlace): string {
  const argument = expandAsKubelet(bootstrapArgument(bootstrap(spec)), place.pod);
  const ofTest = JSON.parse(argument, (key, value: unknown) => {
    if (typeof value === "string") return value.replaceAll(IDENTITY_PATH, place.identity);
    if (key === "port_value" || key === "destination_port") return place.ports.get(value as number) ?? value;
    return value;
  }) as unknown;
  return JSON.stringify(ofTest);
}

/** Free ports of loopback in place of the sidecar's. */
export async function sidecarPorts(): Promise<Map<number, number>> {
  const own = Object.values(PORTS);
  const free = await freePorts(own.length);
  return new Map(own.map((port, index) => [port, free[index] ?? 0]));
}

/** What may differ from a sidecar. */
export interface StartOptions {
  /** How many files it may have open, unless it asks for more. */
  readonly softFiles?: number;
  /** Instead of a sidecar's own arguments about draining. */
  readonly drain?: readonly string[];
  /** `file`: the configuration is the path of one that ends with `.json`, for what is too long for an argument. */
  readonly from?: "argument" | "file";
  /** Arguments that no sidecar has. */
  readonly more?: readonly string[];
}

/** Starts Envoy as a sidecar is started, with the configuration as an argument. The caller stops it. */
export async function startEnvoy(
  config: string,
  { softFiles, drain = DRAIN_ARGUMENTS, from = "argument", more = [] }: StartOptions = {},
): Promise<RunningEnvoy> {
  const given = from === "argument" ? "--config-yaml" : "--config-path";
  const command = [await envoyBinary(), given, config, ...drain, ...QUIET, "--concurrency", "1", ...more];
  const limited =
    softFiles === undefined ? command : ["sh", "-c", `ulimit -Sn ${softFiles}; exec "$@"`, "sh", ...command];
  const [program = "", ...args] = limited;
  const stderr = nameless();
  const child = spawn(program, args, { stdio: ["ignore", "ignore", stderr.descriptor] });
  const exited = once(child, "exit").finally(stderr.close);
  return {
    log: stderr.text,
    signal: (signal) => void child.kill(signal),
    terminate: async () => {
      child.kill("SIGTERM");
      await exited;
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

/**
 * Runs `envoy --mode validate`. The log holds warnings, and the reason where `valid` is false; the one known warning is
 * left out: that the UDP proxy's `matcher`, which has no other replacement for a deprecated field, is unfinished.
 */
export async function validate(config: string): Promise<{ readonly valid: boolean; readonly log: string }> {
  const child = spawn(await envoyBinary(), ["--mode", "validate", "--config-yaml", config, ...QUIET], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log = collect(child);
  const [code] = (await once(child, "close")) as [number | null];
  const lines = log()
    .split("\n")
    .filter((line) => !line.includes("UdpProxyConfig.matcher' is marked as work-in-progress"));
  return { valid: code === 0, log: lines.join("\n") };
}

/** Several Envoys on one machine; warnings and worse are all that these tests read. */
const QUIET = ["--use-dynamic-base-id", "--log-level", "warn"];

/** A file without a name. Unlike Node.js' pipes, which are sockets, Envoy can open it again as `/dev/stderr`, as in a pod. */
function nameless(): { readonly descriptor: number; readonly text: () => string; readonly close: () => void } {
  const path = join(tmpdir(), `outrigger-envoy-${randomUUID()}`);
  const descriptor = openSync(path, "ax+", 0o600);
  unlinkSync(path);
  let last: string | undefined;
  const text = (): string => {
    if (last !== undefined) return last;
    const buffer = Buffer.alloc(fstatSync(descriptor).size);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, 0)).toString();
  };
  const close = (): void => {
    last = text();
    closeSync(descriptor);
  };
  return { descriptor, text, close };
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** Asks again until the answer satisfies; throws what it said last when `seconds` have passed, in which a busy machine comes to everything. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
  seconds = 60,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask().catch((error: unknown) => error as Error);
    if (!(answer instanceof Error) && satisfied(answer)) return answer;
    if (performance.now() > end)
      throw new Error(`still not after ${seconds} s: ${String(JSON.stringify(answer) ?? answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
