import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { type ClusterCertificates, makeCertificates } from "./api-tier/certificates.ts";
import type { ClusterCredentials } from "./api-tier/credentials.ts";
import { adminKubeconfig } from "./api-tier/kubeconfig.ts";
import { isReady } from "./api-tier/ready.ts";
import { type ApiTierPlan, apiServerFlags, etcdFlags, tierFiles } from "./api-tier/server-flags.ts";
import { type ApiBinaries, apiBinaries } from "./binaries/api-binaries.ts";
import { type ClaimedCluster, claimCluster, type StartedBy, writeRecord } from "./cluster-record.ts";
import { locations } from "./locations.ts";
import { killAndWait, requireBoundProcesses, spawnBound } from "./process/bound-process.ts";
import { freePort } from "./process/free-port.ts";
import { identify, type ProcessIdentity } from "./process/identity.ts";
import type { Progress } from "./progress.ts";
import { TestbedError } from "./testbed-error.ts";

/** The usual time is 3 to 4 s; a busy machine may take ten times as long. */
const READY_TIMEOUT_MS = 90_000;
const POLL_MS = 50;
/** Somebody may take a free port before the server does; that is rare, and rarer twice. */
const START_ATTEMPTS = 3;
const LOG_LINES = 15;

export interface ClusterOptions {
  /** Visible in `status`, and free again when the cluster stops. Default: one that nobody else has. */
  readonly name?: string;
  readonly startedBy?: StartedBy;
  readonly progress?: Progress;
}

/**
 * Starts etcd and kube-apiserver on loopback, of this process and dying with it, and returns when they are ready.
 * The first time on a machine this may build them (minutes); after that it takes 3 to 4 seconds.
 *
 * @throws TestbedError `unavailable`, `build`, `start` (with the end of the server's log) or `name-taken`.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const progress = options.progress ?? (() => {});
  await requireBoundProcesses();
  const binaries = await apiBinaries(progress);
  const name = options.name ?? `run-${process.pid}-${randomBytes(4).toString("hex")}`;
  const started = new Date();
  const claimed = await claimCluster(locations().clusters, name, options.startedBy ?? "program", started);
  const { directory } = claimed;
  try {
    const certificates = await makeCertificates(started);
    for (let attempt = 1; ; attempt++) {
      const plan = { directory: directory.path, etcdPort: await freePort(), apiPort: await freePort() };
      await writeFiles(plan, certificates);
      const cluster = new Cluster(claimed, plan, binaries, certificates);
      try {
        await cluster.start();
        return cluster;
      } catch (error) {
        await cluster.killServers();
        if (attempt === START_ATTEMPTS || !String(error).includes("address already in use")) throw error;
        progress("a port was taken by somebody else; starting again on others");
      }
    }
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

/** A running API tier. Made by `startCluster`. */
export class Cluster {
  readonly name: string;
  readonly server: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly credentials: ClusterCredentials;
  /** Path of the private key (PEM) that signs service account tokens. */
  readonly serviceAccountKey: string;
  /** Paths of the programs, kubectl among them. */
  readonly binaries: ApiBinaries;
  /** Resolves with a description when a server ends that nobody stopped; never rejects. */
  readonly failed: Promise<string>;

  readonly #claimed: ClaimedCluster;
  readonly #plan: ApiTierPlan;
  readonly #expectedToEnd = new WeakSet<ChildProcess>();
  #etcd: ChildProcess | undefined;
  #apiServer: ChildProcess | undefined;
  #fail: (description: string) => void = () => {};

  constructor(claimed: ClaimedCluster, plan: ApiTierPlan, binaries: ApiBinaries, certificates: ClusterCertificates) {
    this.name = claimed.record.name;
    this.server = `https://127.0.0.1:${plan.apiPort}`;
    const { kubeconfig, serviceAccountKey } = tierFiles(plan.directory);
    this.kubeconfig = kubeconfig;
    this.serviceAccountKey = serviceAccountKey;
    this.credentials = { ca: certificates.ca, ...certificates.admin };
    this.binaries = binaries;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#claimed = claimed;
    this.#plan = plan;
  }

  /** Path of a server's log; both servers append to it over restarts. */
  logFile(server: "etcd" | "kube-apiserver"): string {
    const files = tierFiles(this.#plan.directory);
    return server === "etcd" ? files.etcdLog : files.apiServerLog;
  }

  /** Starts both servers; `startCluster` calls it. */
  async start(): Promise<void> {
    this.#etcd = await this.#launch("etcd", etcdFlags(this.#plan));
    await this.startApiServer();
  }

  /** Kills the API server and waits for its end; etcd keeps the data. Connections to it break, as in a crash. */
  async stopApiServer(): Promise<void> {
    await this.#kill(this.#apiServer);
    this.#apiServer = undefined;
  }

  /** Starts the API server again with the same data, certificates and port, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    if (this.#apiServer !== undefined) return;
    const apiServer = await this.#launch("kube-apiserver", apiServerFlags(this.#plan));
    this.#apiServer = apiServer;
    await this.#untilReady();
    if (this.#etcd === undefined) return;
    await writeRecord(this.#plan.directory, {
      ...this.#claimed.record,
      running: {
        server: this.server,
        kubeconfig: this.kubeconfig,
        kubectl: this.binaries.kubectl,
        serviceAccountKey: this.serviceAccountKey,
        etcd: identityOf(this.#etcd),
        apiServer: identityOf(apiServer),
      },
    });
  }

  async restartApiServer(): Promise<void> {
    await this.stopApiServer();
    await this.startApiServer();
  }

  /**
   * Kills both servers, first the API server. Never by SIGTERM: an API server whose etcd goes away stays in its shutdown
   * hooks for minutes, and the data is thrown away anyway.
   */
  async killServers(): Promise<void> {
    await this.stopApiServer();
    await this.#kill(this.#etcd);
    this.#etcd = undefined;
  }

  /** Ends the cluster and removes all that it had on disk. A second call does nothing. */
  async stop(): Promise<void> {
    await this.killServers();
    await this.#claimed.directory.remove();
  }

  async #launch(server: "etcd" | "kube-apiserver", flags: readonly string[]): Promise<ChildProcess> {
    const log = await open(this.logFile(server), "a");
    try {
      const child = spawnBound(this.binaries[server], flags, { stdio: ["ignore", log.fd, log.fd] });
      child.once("exit", (code, signal) => {
        if (!this.#expectedToEnd.has(child)) this.#fail(`${server} ended (${signal ?? `exit code ${code}`})`);
      });
      await once(child, "spawn");
      return child;
    } finally {
      await log.close();
    }
  }

  async #kill(child: ChildProcess | undefined): Promise<void> {
    if (child === undefined) return;
    this.#expectedToEnd.add(child);
    await killAndWait(child);
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    let failure: string | undefined;
    void this.failed.then((description) => {
      failure = description;
    });
    while (!(await isReady(this.server, this.credentials))) {
      if (failure === undefined && performance.now() > deadline) {
        failure = `${this.server} was not ready after ${READY_TIMEOUT_MS / 1_000} s`;
      }
      if (failure !== undefined) throw new TestbedError("start", `${failure}\n${await this.#logEnds()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #logEnds(): Promise<string> {
    const ends = await Promise.all(
      (["etcd", "kube-apiserver"] as const).map(async (server) => {
        const log = await readFile(this.logFile(server), "utf8").catch(() => "");
        return `--- end of the log of ${server}\n${log.trimEnd().split("\n").slice(-LOG_LINES).join("\n")}`;
      }),
    );
    return ends.join("\n");
  }
}

function identityOf(child: ChildProcess): ProcessIdentity {
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) throw new TestbedError("start", "a server ended right after it had become ready");
  return identity;
}

async function writeFiles(plan: ApiTierPlan, certificates: ClusterCertificates): Promise<void> {
  const files = tierFiles(plan.directory);
  await mkdir(files.pki, { recursive: true });
  const secret = { mode: 0o600 };
  await Promise.all([
    writeFile(files.ca, certificates.ca),
    writeFile(files.serverCert, certificates.server.cert),
    writeFile(files.serverKey, certificates.server.key, secret),
    writeFile(files.serviceAccountKey, certificates.serviceAccount.privateKey, secret),
    writeFile(files.serviceAccountPublicKey, certificates.serviceAccount.publicKey),
    writeFile(files.kubeconfig, adminKubeconfig(`https://127.0.0.1:${plan.apiPort}`, certificates), secret),
  ]);
}
