import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { killAndWait, spawnBound } from "../../testbed/process/bound-process.ts";
import { freePorts } from "../../testbed/process/free-port.ts";
import { until } from "./until.ts";

const PROGRAM = join(import.meta.dirname, "replica-process.ts");

/** A replica of the control plane as a process, which a test kills and starts again. */
export class Replica {
  readonly name: string;
  readonly port: number;
  readonly #metrics: number;
  readonly #kubeconfig: string;
  #process: ChildProcess | undefined;

  private constructor(name: string, kubeconfig: string, port: number, metrics: number) {
    this.name = name;
    this.#kubeconfig = kubeconfig;
    this.port = port;
    this.#metrics = metrics;
  }

  /** Not started yet. `name`: of its pod. */
  static async of(name: string, kubeconfig: string): Promise<Replica> {
    const [port = 0, metrics = 0] = await freePorts(2);
    return new Replica(name, kubeconfig, port, metrics);
  }

  /** Resolves once it is ready. */
  async start(): Promise<void> {
    const controlPlane = {
      mesh: "serve",
      listen: `127.0.0.1:${this.port}`,
      metricsListen: `127.0.0.1:${this.#metrics}`,
      diagnosticsListen: "",
      kubeconfig: this.#kubeconfig,
    };
    const settings = JSON.stringify({ meshName: "shop", controlPlane });
    this.#process = spawnBound(process.execPath, [PROGRAM, this.name, settings], { stdio: "ignore" });
    const ended = new Promise((resolve) => this.#process?.once("exit", resolve));
    let isOver = false;
    void ended.then(() => (isOver = true));
    await until(async () => {
      if (isOver) throw new Error(`${this.name} has ended`);
      const answer = await fetch(`http://127.0.0.1:${this.#metrics}/readyz`).catch(() => undefined);
      return answer?.status === 200 ? undefined : `${this.name} is not ready`;
    }, READY);
  }

  async kill(): Promise<void> {
    if (this.#process !== undefined) await killAndWait(this.#process);
    this.#process = undefined;
  }
}

/** Milliseconds: it takes two seconds; a busy machine may take many times as long. */
const READY = 90_000;
