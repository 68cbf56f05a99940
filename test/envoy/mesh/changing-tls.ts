import { setTimeout as wait } from "node:timers/promises";
import { viewKey } from "../../../src/control-plane/proxies/mesh-content.ts";
import type { Acknowledged } from "../../../src/control-plane/proxies/step-holding.ts";
import { TlsChanges } from "../../../src/control-plane/proxies/tls-changes.ts";
import type { MeshView } from "../../../src/graph/view.ts";
import { secretName } from "../../../src/xds/translate/secrets.ts";
import { meshViewsOf } from "../../translated-manifest.ts";
import type { Sidecars } from "./sidecars.ts";

/** Which sidecars each node has, and by how many milliseconds what they get is held back. */
interface Members {
  readonly front: readonly string[];
  readonly back: readonly string[];
  readonly late: Readonly<Record<string, number>>;
}

/** Real sidecars whose TLS changes step by step, as the control plane has it change. */
export class ChangingTls {
  readonly #sidecars: Sidecars;
  readonly #members: Members;
  readonly #changes: TlsChanges;
  readonly #views = new Map<string, MeshView>();
  /** Of sidecars that were not given yet what they are to have. */
  readonly #owed = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(started: Sidecars, manifest: string, members: Members) {
    this.#sidecars = started;
    this.#members = members;
    const log = { info: () => undefined, warn: () => undefined } as never;
    this.#changes = new TlsChanges({
      changed: (key) => this.#give(key),
      acknowledging: () => this.#acknowledged,
      others: () => () => true,
      said: () => undefined,
      written: (key) => this.#views.get(key),
      unheard: () => undefined,
      isUpToDate: () => true,
      late: () => undefined,
      log,
      now: () => performance.now(),
      later: (milliseconds, look) => void setTimeout(() => this.#stopped || look(), milliseconds),
      // how long everybody is given after the last word stays as it is
      limits: { gathered: 100, look: 50 },
    });
    this.#take(manifest);
  }

  /** Resolves when a manifest is in effect, and everybody has it. */
  async become(manifest: string): Promise<void> {
    this.#take(manifest);
    await this.#isEverywhere();
  }

  /** The same without steps, as if nothing knew who calls whom: those have what is written who are not late, and the late ones after `meanwhile`. */
  async becomeAtOnce(manifest: string, meanwhile: () => Promise<void>): Promise<void> {
    const given = meshViewsOf(manifest).flatMap((view) =>
      this.#of(viewKey(view.object as never)).map((sidecar) => [sidecar, view] as const),
    );
    const isLate = ([sidecar]: (typeof given)[number]): boolean => this.#members.late[sidecar] !== undefined;
    for (const [sidecar, view] of given.filter((each) => !isLate(each))) await this.#sidecars.show(sidecar, view);
    await meanwhile();
    for (const [sidecar, view] of given.filter(isLate)) await this.#sidecars.show(sidecar, view);
    await this.#isEverywhere();
  }

  rejections(): readonly string[] {
    return this.#sidecars.rejections();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#owed.values()) clearTimeout(timer);
    await this.#sidecars.stop();
  }

  #take(manifest: string): void {
    const views = meshViewsOf(manifest).map((view) => [viewKey(view.object as never), view] as const);
    for (const [key, view] of views) this.#views.set(key, view);
    for (const [key, view] of views) {
      this.#changes.take(key, view);
      this.#give(key);
    }
  }

  #give(key: string): void {
    const view = this.#changes.inEffect(key, this.#views.get(key));
    if (view !== undefined) for (const sidecar of this.#of(key)) this.#giveOne(sidecar, view);
  }

  #giveOne(sidecar: string, view: MeshView): void {
    clearTimeout(this.#owed.get(sidecar));
    const given = (): void => {
      this.#owed.delete(sidecar);
      void this.#sidecars.show(sidecar, view);
    };
    this.#owed.set(sidecar, setTimeout(given, this.#members.late[sidecar] ?? 0));
  }

  #of(key: string): readonly string[] {
    return key.endsWith("/front") ? this.#members.front : key.endsWith("/back") ? this.#members.back : [];
  }

  async #isEverywhere(): Promise<void> {
    do await wait(20);
    while (this.#changes.size > 0 || !this.#hasEverybody());
  }

  #hasEverybody(): boolean {
    const all = [...this.#members.front, ...this.#members.back];
    return all.every((sidecar) => !this.#owed.has(sidecar) && this.#sidecars.has(sidecar, []));
  }

  readonly #acknowledged: Acknowledged = (key, sources) => {
    const found = this.#of(key);
    const secrets = sources.map(secretName);
    const isHeld = found.every((sidecar) => !this.#owed.has(sidecar) && this.#sidecars.has(sidecar, secrets));
    return found.length === 0 ? "nobody" : isHeld ? "all" : "some";
  };
}
