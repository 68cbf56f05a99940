import { heldByOthers, ownTls, type Replicas } from "../src/control-plane/proxies/tls-of-replicas.ts";
import { CONTROL_PLANE_NAME, REPORT_PREFIX } from "../src/model/names.ts";
import {
  NOBODY_BEHIND,
  reportConfigMap,
  reportText,
  type StoredReport,
  storedReport,
} from "../src/model/replica-report.ts";
import { BACK, CALLERS, type Part, TlsMesh, type WayName } from "./tls-mesh.ts";

/*
 * Replicas of a control plane over one mesh in memory, each with proxies of its own, that read what the others say through a store, as late as a
 * test wants. All clocks go as one; what is written comes to each as late as a test wants.
 */

/** Milliseconds in which nothing else happens. */
const TICK = 125;
/** One proxy of each view, for every replica. */
const PROXIES = [BACK, ...CALLERS];

interface One {
  readonly mesh: TlsMesh;
  readonly replicas: Replicas;
  /** Reports as this one has read them. */
  seen: ReadonlyMap<string, StoredReport>;
  /** Whether its own report comes to the store, and whether it hears of the others'. */
  writes: boolean;
  reads: boolean;
  /** Whether it says something of changes of TLS: an earlier release does not. */
  says: boolean;
}

/** Of which objects a replica hears how much later. */
export interface Later {
  readonly parts: readonly Part[];
  readonly milliseconds: number;
}

export class TlsReplicas {
  #all: readonly One[];
  #stored: ReadonlyMap<string, StoredReport> = new Map();
  #now = 0;
  #started = 0;
  #coming: readonly { readonly at: number; readonly mesh: TlsMesh; readonly name: Part; readonly way: WayName }[] = [];
  readonly #ready = new Set<string>();

  /** `proxies`: of each; one of each view by default. */
  constructor(
    begins: WayName,
    count: number,
    proxies: (index: number) => readonly string[] | undefined = () => undefined,
  ) {
    this.#all = Array.from({ length: count }, (_, index) =>
      this.#start(begins, `replica-${index}`, proxies(index) ?? PROXIES),
    );
  }

  /** A replica ends, and begins again to find everything as it is written; its proxies go to another one. */
  restart(index: number, written: WayName, to: number): void {
    const [ending, other] = [this.#all[index], this.#all[to]];
    if (ending === undefined || other === undefined) return;
    ending.mesh.moveTo(other.mesh);
    this.#coming = this.#coming.filter(({ mesh }) => mesh !== ending.mesh);
    const begun = this.#start(written, ending.replicas.identity, []);
    [begun.writes, begun.reads] = [ending.writes, ending.reads];
    this.#all = this.#all.map((one) => (one === ending ? begun : one));
  }

  #start(begins: WayName, name: string, proxies: readonly string[]): One {
    this.#ready.add(name);
    const pods = {
      list: () =>
        [...this.#ready].map((each) => ({
          name: each,
          uid: `uid-${each}`,
          serviceAccountName: CONTROL_PLANE_NAME,
          containersReady: true,
        })),
    } as unknown as Replicas["pods"];
    const mesh = new TlsMesh(begins, proxies);
    const reports: Replicas["reports"] = {
      get: (_, configMap) => one.seen.get(configMap.slice(REPORT_PREFIX.length)),
    };
    const replicas = { pods, reports, identity: name, process: (++this.#started).toString(16).padStart(16, "0") };
    const one: One = { mesh, replicas, seen: this.#stored, writes: true, reads: true, says: true };
    mesh.others = (step) => heldByOthers(replicas)(step);
    return one;
  }

  get meshes(): readonly TlsMesh[] {
    return this.#all.map(({ mesh }) => mesh);
  }

  /** What a replica writes is lost from now on, or what it reads stays what it is, or neither. */
  connect(index: number, { writes, reads }: Pick<One, "writes" | "reads">): void {
    const one = this.#all[index];
    if (one !== undefined) [one.writes, one.reads] = [writes, reads];
  }

  /** A replica is one of an earlier release, which says nothing of its proxies' TLS. */
  silence(index: number): void {
    const one = this.#all[index];
    if (one !== undefined) one.says = false;
  }

  /** A replica is ready no more, and serves nobody. */
  leave(index: number): void {
    this.#ready.delete(`replica-${index}`);
  }

  /** All objects become what they are in a way; the replicas but the first hear of some later. */
  apply(order: readonly Part[], way: WayName, later: Later = { parts: [], milliseconds: 0 }): void {
    const coming = this.#all.flatMap(({ mesh }, index) =>
      order.map((name) => {
        const isLater = index > 0 && later.parts.includes(name);
        return { at: this.#now + (isLater ? later.milliseconds : 0), mesh, name, way };
      }),
    );
    this.#coming = [...this.#coming, ...coming];
    this.#arrive();
  }

  #arrive(): void {
    const due = this.#coming.filter(({ at }) => at <= this.#now);
    this.#coming = this.#coming.filter(({ at }) => at > this.#now);
    for (const { mesh, name, way } of due) mesh.apply(name, way);
  }

  acknowledgeAll(): void {
    for (const { mesh } of this.#all) mesh.acknowledgeAll();
  }

  /** Time passes; `each`: looks after every moment. */
  wait(milliseconds: number, each: () => void = () => undefined): void {
    for (const end = this.#now + milliseconds; this.#now < end; ) {
      const step = Math.min(TICK, end - this.#now);
      this.#now += step;
      for (const { mesh } of this.#all) mesh.wait(step);
      this.#arrive();
      this.#tell();
      each();
    }
  }

  #tell(): void {
    for (const one of this.#all) {
      if (!one.writes || !this.#ready.has(one.replicas.identity)) continue;
      const name = one.replicas.identity;
      const tls = one.says ? ownTls(one.mesh.changes.said(), one.replicas) : undefined;
      const text = reportText({ nodes: [], rejections: [], behind: NOBODY_BEHIND, isWhole: true }, tls);
      const stored = storedReport(reportConfigMap({ name, uid: `uid-${name}` }, text));
      if (stored !== undefined) this.#stored = new Map([...this.#stored, [name, stored]]);
    }
    for (const one of this.#all) if (one.reads) one.seen = this.#stored;
  }

  /** Whether a change is on its way anywhere, or is still to be heard of. */
  get isChanging(): boolean {
    return this.#coming.length > 0 || this.#all.some(({ mesh }) => mesh.changes.size > 0);
  }

  get now(): number {
    return this.#now;
  }
}
