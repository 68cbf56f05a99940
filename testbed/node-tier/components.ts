import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { NodeBinaries } from "../binaries/node-binaries.ts";
import { killAndWait, spawnBound } from "../process/bound-process.ts";
import { childrenOf, identify, type ProcessIdentity, waitUntilGone } from "../process/identity.ts";
import { TestbedError } from "../testbed-error.ts";
import { COMPONENTS, type ComponentName, componentPlans } from "./component-list.ts";
import type { Machine } from "./machine.ts";
import { type NodeTierPlan, nodeTierFiles } from "./plan.ts";

const LOG_LINES = 12;
const GONE_MS = 10_000;

/** The programs of one cluster: which of them run, and their logs. */
export class Components {
  /** Resolves with a description when a program ends that nobody stopped; never rejects. */
  readonly failed: Promise<string>;

  readonly #plan: NodeTierPlan;
  readonly #binaries: NodeBinaries;
  readonly #machine: Machine;
  readonly #running = new Map<ComponentName, ChildProcess>();
  #fail: (description: string) => void = () => {};

  constructor(plan: NodeTierPlan, binaries: NodeBinaries, machine: Machine) {
    this.#plan = plan;
    this.#binaries = binaries;
    this.#machine = machine;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  /** Starts a program; does nothing when it runs. Its output is appended to its log over restarts. */
  async start(name: ComponentName): Promise<void> {
    if (this.#running.has(name)) return;
    const { runsIn, args } = componentPlans(this.#plan)[name];
    const program = this.#binaries[name];
    const [command = program, ...rest] =
      runsIn === "machine" ? this.#machine.command(program, args) : [program, ...args];
    await mkdir(nodeTierFiles(this.#plan.directory).logs, { recursive: true });
    const log = await open(this.#logFile(name), "a");
    try {
      const child = spawnBound(command, rest, {
        stdio: ["ignore", log.fd, log.fd],
        cwd: "/",
        env: this.#environment(),
      });
      child.once("exit", (code, signal) => {
        if (this.#running.get(name) !== child) return;
        this.#running.delete(name);
        this.#fail(`${name} ended (${signal ?? `exit code ${code}`})`);
      });
      await once(child, "spawn");
      this.#running.set(name, child);
    } finally {
      await log.close();
    }
  }

  /** Kills a program with SIGKILL and waits for its end; does nothing when it does not run. */
  async stop(name: ComponentName): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined) return;
    const identities = identitiesOf(child);
    this.#running.delete(name);
    await killAndWait(child);
    if (!(await waitUntilGone(identities, GONE_MS))) {
      throw new TestbedError("start", `${name} still runs ${GONE_MS / 1_000} s after SIGKILL`);
    }
  }

  /** The processes that run now. A program in the machine is named by its own process there. */
  processes(): Readonly<Partial<Record<ComponentName, ProcessIdentity>>> {
    const found = [...this.#running].map(([name, child]) => [name, identitiesOf(child).at(-1)] as const);
    return Object.fromEntries(found.filter(([, identity]) => identity !== undefined));
  }

  /** The last lines of every log, for a person who asks why the start failed. */
  async logEnds(): Promise<string> {
    const ends = await Promise.all(
      COMPONENTS.map(async (name) => {
        const log = await readFile(this.#logFile(name), "utf8").catch(() => "");
        return `--- end of the log of ${name}\n${log.trimEnd().split("\n").slice(-LOG_LINES).join("\n")}`;
      }),
    );
    return ends.join("\n");
  }

  #logFile(name: ComponentName): string {
    return join(nodeTierFiles(this.#plan.directory).logs, `${name}.log`);
  }

  #environment(): NodeJS.ProcessEnv {
    const { PATH = "", ...rest } = process.env;
    // containerd looks for its shim, and kube-proxy for iptables, on PATH.
    return { ...rest, PATH: [this.#plan.tools, dirname(this.#binaries.containerd), PATH].join(delimiter) };
  }
}

/** The child and, when it is an `nsenter`, what runs below it. */
function identitiesOf(child: ChildProcess): readonly ProcessIdentity[] {
  if (child.pid === undefined) return [];
  const below = child.spawnargs.includes("nsenter") ? childrenOf(child.pid) : [];
  return [child.pid, ...below].map(identify).filter((identity) => identity !== undefined);
}
