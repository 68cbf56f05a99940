import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { FAMILIES } from "./families.ts";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As whom a program runs; root with every capability unless said. */
export interface As {
  readonly user?: number;
  /** Capabilities that are left to root, such as `net_admin`; the bounding set keeps no other. */
  readonly capabilities?: readonly string[];
}

/** A network namespace without rules, with loopback up; it goes away with {@link NetworkNamespace.close}, or with this process. */
export interface NetworkNamespace {
  readonly pid: number;
  /** Runs a program to its end; a failure is an answer. */
  run(argv: readonly string[], options?: { env?: NodeJS.ProcessEnv; input?: string; as?: As }): Promise<Ran>;
  /** Starts a program that is killed when the namespace is closed. */
  start(argv: readonly string[], options?: { env?: NodeJS.ProcessEnv; as?: As }): ChildProcess;
  close(): Promise<void>;
}

/** Kills what hangs; nothing here takes longer than a second on an idle machine. */
const RUN_MS = 60_000;

export async function networkNamespace(): Promise<NetworkNamespace> {
  // ends when its input does, even if this process is killed
  const holder = spawn("unshare", ["--net", "--", "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  holder.stdin.write("\n");
  await once(holder.stdout, "data");
  const pid = holder.pid as number;
  const started: ChildProcess[] = [];
  const command = (argv: readonly string[], as: As = {}) => [
    `--net=/proc/${pid}/ns/net`,
    "--",
    ...privileges(as),
    ...argv,
  ];
  const namespace: NetworkNamespace = {
    pid,
    async run(argv, { env = process.env, input = "", as } = {}) {
      const child = spawn("nsenter", command(argv, as), { env, timeout: RUN_MS, killSignal: "SIGKILL" });
      child.stdin.on("error", () => {}).end(input);
      const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, "close")]);
      return { code: child.exitCode, stdout, stderr };
    },
    start(argv, { env = process.env, as } = {}) {
      const child = spawn("nsenter", command(argv, as), { env, stdio: ["pipe", "pipe", "pipe"] });
      started.push(child);
      return child;
    },
    async close() {
      await Promise.all(started.map(stop));
      holder.stdin.end();
      if (holder.exitCode === null) await once(holder, "exit");
    },
  };
  await expectSuccess(namespace.run(["ip", "link", "set", "lo", "up"]));
  return namespace;
}

/** Two namespaces with a cable between them: the first has the addresses that end in 1, the second those that end in 2. */
export async function connectedNamespaces(): Promise<readonly [NetworkNamespace, NetworkNamespace]> {
  const [one, two] = await Promise.all([networkNamespace(), networkNamespace()]);
  const peer = ["peer", "name", "eth0", "netns", String(two.pid)];
  await expectSuccess(one.run(["ip", "link", "add", "eth0", "type", "veth", ...peer]));
  for (const [namespace, last] of [
    [one, 1],
    [two, 2],
  ] as const) {
    await expectSuccess(namespace.run(["ip", "address", "add", `10.99.0.${last}/24`, "dev", "eth0"]));
    if (FAMILIES.includes("ipv6")) {
      // without the search for duplicates the address can be used at once
      await expectSuccess(namespace.run(["ip", "address", "add", `fd99::${last}/64`, "dev", "eth0", "nodad"]));
    }
    await expectSuccess(namespace.run(["ip", "link", "set", "eth0", "up"]));
  }
  return [one, two];
}

export async function expectSuccess(running: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`);
  return stdout;
}

function privileges({ user, capabilities }: As): readonly string[] {
  if (capabilities !== undefined) {
    const set = ["-all", ...capabilities.map((name) => `+${name}`)].join(",");
    return ["setpriv", "--inh-caps=-all", `--bounding-set=${set}`, "--"];
  }
  if (user === undefined) return [];
  // files of this checkout may lie where only root looks
  const reading = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"];
  return ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", ...reading, "--"];
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
