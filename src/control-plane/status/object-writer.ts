import { setImmediate as nextTurn } from "node:timers/promises";
import type { MeshGraph } from "../../graph/graph.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import type { ArnPlace } from "../../model/arn.ts";
import { KINDS } from "../../model/kinds.ts";
import type { MeshChange } from "../../model/mesh-change.ts";
import { keyOf, type MeshObject, type ObjectKey, type ObjectRef, refOf } from "../../model/mesh-object.ts";
import type { Log } from "../../serving/log.ts";
import type { MeshStore } from "../../store/mesh-store.ts";
import { StoreError } from "../../store/mesh-store.ts";
import { WRITE_LIMITS } from "./limits.ts";
import { newStatus, wantedStatus } from "./wanted-status.ts";

export interface ObjectWriterParts {
  /** Follows the same store. */
  readonly graph: Pick<MeshGraph, "written" | "standing" | "problems" | "renewNextProblems" | "list">;
  readonly store: Pick<MeshStore, "get" | "onChange" | "complete" | "writeStatus">;
  /** Addresses of Services, which some problems follow from. */
  readonly services: { onChange(listener: (changes: readonly unknown[]) => void, signal: AbortSignal): void };
  readonly place: ArnPlace;
  /** Whether App Mesh's own controller writes statuses. */
  readonly isControllerRunning: (signal: AbortSignal) => Promise<boolean>;
  readonly log: Log;
}

/**
 * Writes into App Mesh objects what is to be read there, until the signal; for the one replica that leads. Of a spec only the fields that
 * the webhook would have written, where it was away; of a status only what says something new; and neither sooner than
 * {@link WRITE_LIMITS.quiet} after whatever was written before. Never rejects.
 */
export async function writeObjects(parts: ObjectWriterParts, signal: AbortSignal): Promise<void> {
  await new ObjectWriter(parts, signal).run();
}

class ObjectWriter {
  readonly #parts: ObjectWriterParts;
  readonly #signal: AbortSignal;
  readonly #queue: WorkQueue;
  readonly #refs = new Map<ObjectKey, ObjectRef>();
  /** When each object was written last, by whomever, as far as is known here. */
  readonly #touched = new Map<ObjectKey, number>();
  /** What was said of each object last: an API server that keeps only a part of it is not told again and again. */
  readonly #said = new Map<ObjectKey, string>();
  #isRenewing = false;

  constructor(parts: ObjectWriterParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#queue = new WorkQueue({
      workers: WRITE_LIMITS.workers,
      handle: (key) => this.#handle(key),
      failed: (key, error) => {
        parts.log.warn({ object: key, problem: String(error) }, "an App Mesh object could not be written");
      },
    });
  }

  async run(): Promise<void> {
    const { store, services } = this.#parts;
    store.onChange((changes) => this.#changed(changes), this.#signal);
    services.onChange(() => void this.#renewProblems(), this.#signal);
    await this.#queue.start(this.#signal);
  }

  #changed(changes: readonly MeshChange[]): void {
    const touched = performance.now();
    for (const change of changes) {
      if (change.kind === "object") {
        const key = keyOf(change.ref);
        if (change.after === undefined) this.#forget(key);
        else {
          this.#touched.set(key, touched);
          this.#add(change.ref);
        }
        // whether it is served, and by which name, is said of every object of a mesh
        if (change.ref.kind === "Mesh") this.#addAll(() => true);
      } else if (change.kind === "namespace") {
        this.#addAll(({ namespace }) => namespace === change.name);
      }
    }
    void this.#renewProblems();
  }

  #add(ref: ObjectRef): void {
    const key = keyOf(ref);
    this.#refs.set(key, ref);
    this.#queue.add(key);
  }

  #addAll(isMeant: (ref: ObjectRef) => boolean): void {
    for (const kind of KINDS) {
      for (const object of this.#parts.graph.list(kind)) {
        const ref = refOf(object as MeshObject);
        if (isMeant(ref)) this.#add(ref);
      }
    }
  }

  #forget(key: ObjectKey): void {
    for (const map of [this.#refs, this.#touched, this.#said]) map.delete(key);
  }

  /** Objects of which something else is wrong than before, bit by bit. */
  async #renewProblems(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const { graph, log } = this.#parts;
    try {
      let begun = performance.now();
      for (let next = graph.renewNextProblems(); next !== undefined; next = graph.renewNextProblems()) {
        for (const ref of next) this.#add(ref);
        if (performance.now() - begun < WRITE_LIMITS.slice) continue;
        await nextTurn();
        if (this.#signal.aborted) return;
        begun = performance.now();
      }
    } catch (error) {
      log.error({ err: error }, "the problems of the mesh could not be renewed");
    } finally {
      this.#isRenewing = false;
    }
  }

  /** Milliseconds after which to look again, if there is a reason. */
  async #handle(key: ObjectKey): Promise<number | undefined> {
    const { graph, store, log } = this.#parts;
    const ref = this.#refs.get(key);
    const object = ref && store.get(ref);
    if (ref === undefined || object === undefined || object.metadata.deleting) return undefined;
    const wait = (this.#touched.get(key) ?? 0) + WRITE_LIMITS.quiet - performance.now();
    if (wait > 0) return wait;
    const fields = graph.written(ref);
    if (Object.keys(fields).length > 0) {
      await this.#write(key, () => store.complete(object, fields as never));
      log.info({ object: key, fields: Object.keys(fields) }, "an App Mesh object was completed");
      return WRITE_LIMITS.quiet;
    }
    return await this.#writeStatus(key, object);
  }

  async #writeStatus(key: ObjectKey, object: MeshObject): Promise<number | undefined> {
    const { graph, store, place, isControllerRunning } = this.#parts;
    const ref = refOf(object) as ObjectRef;
    const [problems, standing] = [graph.problems(ref), graph.standing(ref)];
    // what is stored is another object than the one that is known here
    if (standing === undefined || problems.some(({ code }) => code === "not-readable")) return undefined;
    const wanted = wantedStatus(object, standing, problems, place);
    if (wanted === undefined) return undefined;
    const status = newStatus(object, wanted, new Date());
    const said = `${object.metadata.uid} ${JSON.stringify(wanted)}`;
    if (status === undefined || this.#said.get(key) === said) return undefined;
    if (await isControllerRunning(this.#signal)) return WRITE_LIMITS.controllerAge;
    await this.#write(key, () => store.writeStatus(ref, status));
    this.#said.set(key, said);
    return undefined;
  }

  async #write(key: ObjectKey, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "gone") throw error;
    }
    if (this.#refs.has(key)) this.#touched.set(key, performance.now());
  }
}
