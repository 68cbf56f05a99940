import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, answerOf } from "./answers.ts";
import { callHttp, type Told } from "./calls.ts";
import type { ChaosMesh } from "./chaos-mesh.ts";
import { MARKED, MARKER_PATH } from "./objects.ts";
import { CALLERS, type Caller, type Ports, type Shop } from "./shop.ts";

/** A mesh that there was. */
interface Past {
  readonly at: number;
  /** When all callers surely had it. */
  everywhere: number;
  /** When its TLS was surely in effect. */
  tls: number;
  readonly shop: Shop;
}

const PENDING = Number.POSITIVE_INFINITY;
/** Milliseconds by which what no marker tells of may come later than what it tells of. */
const UNMARKED = 2_500;

/** The meshes that there were, one after the other. */
export class History {
  readonly #all: Past[];
  readonly #behind: number;

  /** `first`: all have it. `behind`: as in {@link ChaosMesh}. */
  constructor(first: Shop, behind: number) {
    this.#behind = behind;
    this.#all = [{ at: 0, everywhere: 0, tls: 0, shop: first }];
  }

  get shops(): readonly Shop[] {
    return this.#all.map(({ shop }) => shop);
  }

  push(shop: Shop): void {
    this.#all.push({ at: performance.now(), everywhere: PENDING, tls: PENDING, shop });
  }

  /**
   * What every mesh that a request can have met says about it: the newest that all had before it began, and those that came until it ended.
   * The two passes of a gateway may be of two of them; where these are one edit apart, they answer as one of the two does.
   */
  answersTo({ asked, began, ended }: Pick<Told, "asked" | "began" | "ended">): readonly Answer[] {
    // what is not marked, gRPC and TCP, is on the way a little longer
    const margin = this.#behind + (asked.protocol === "http" ? 0 : UNMARKED);
    const met = this.#since(({ everywhere }) => everywhere <= began - margin, ended);
    const tls = this.#tlsMet(began, ended);
    return met.flatMap((shop, index) =>
      (asked.by === "door" ? met.slice(index) : [shop]).map((second) => answerOf({ shop, second, tls }, asked)),
    );
  }

  /** What the last mesh says about a request, when all have it. */
  lastAnswerTo({ asked, began, ended }: Pick<Told, "asked" | "began" | "ended">): Answer {
    const shop = this.#all.at(-1)?.shop as Shop;
    return answerOf({ shop, second: shop, tls: this.#tlsMet(began, ended) }, asked);
  }

  /** Those of which TLS may be in effect at some time; of edits of other things the first one. */
  #tlsMet(from: number, until: number): readonly Shop[] {
    const met = this.#since(({ tls }) => tls <= from - UNMARKED, until);
    return met.filter(({ tls, refused }, index) => {
      const before = met[index - 1];
      return before === undefined || before.tls !== tls || before.refused !== refused;
    });
  }

  #since(isIt: (past: Past) => boolean, until: number): readonly Shop[] {
    const first = Math.max(this.#all.findLastIndex(isIt), 0);
    return this.#all.slice(first).flatMap(({ at, shop }) => (at <= until ? [shop] : []));
  }

  /** Finds out which mesh every caller has, until it is stopped. */
  startMarking(mesh: Pick<ChaosMesh, "hasTls" | "isSteady">, ports: Ports): { readonly stop: () => Promise<void> } {
    const agent = new Agent({ keepAlive: true });
    let isStopped = false;
    let sought: Past | undefined;
    const run = async (): Promise<void> => {
      while (!isStopped) {
        // of a mesh that stays unknown for long, another one is asked for, as its number may be gone by then
        const last = this.#all.at(-1);
        if (last !== undefined && last.tls === PENDING && mesh.hasTls()) last.tls = performance.now();
        if (
          sought === undefined ||
          sought.everywhere < PENDING ||
          sought.shop.edit + MARKED / 2 < (last?.shop.edit ?? 0)
        ) {
          sought = last;
        }
        if (sought?.everywhere === PENDING) {
          const { edit } = sought.shop;
          const found = await Promise.all(CALLERS.map((by) => hasEdit(by, edit, ports, agent)));
          if (found.every(Boolean) && mesh.isSteady()) sought.everywhere = performance.now();
        }
        await sleep(10);
      }
    };
    const running = run();
    return {
      async stop() {
        isStopped = true;
        await running;
        agent.destroy();
      },
    };
  }
}

async function hasEdit(by: Caller, edit: number, ports: Ports, agent: Agent): Promise<boolean> {
  const to = { protocol: "http", service: "marker", host: "marker.test", header: undefined, method: "GET" } as const;
  return await callHttp({ by, ...to, path: `${MARKER_PATH}${edit}` }, ports, agent).then(
    (found) => found === "marker",
    () => false,
  );
}
