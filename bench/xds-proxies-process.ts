import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ProxiesTold, ProxyOrder } from "./xds-proxies.ts";

/** The process of the simulated proxies, and orders to it. */
export class ProxiesProcess {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, "xds-proxies.ts"));

  async order(order: ProxyOrder): Promise<ProxiesTold> {
    this.#child.send(order);
    const [told] = (await once(this.#child, "message")) as [ProxiesTold];
    return told;
  }

  /** Waits until so many are connected. */
  until(count: number): Promise<ProxiesTold> {
    return this.#when(({ connected }) => connected >= count, 100);
  }

  /** Waits until so many had a response since everything was forgotten. */
  heard(count: number): Promise<ProxiesTold> {
    return this.#when(({ heard }) => heard >= count, 5);
  }

  end(): void {
    this.#child.kill();
  }

  async #when(isSo: (told: ProxiesTold) => boolean, pause: number): Promise<ProxiesTold> {
    for (;;) {
      const told = await this.order({ kind: "tell" });
      if (isSo(told)) return told;
      await wait(pause);
    }
  }
}
