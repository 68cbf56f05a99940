import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import type { MeshGraph } from "../../graph/graph.ts";
import type { EventRecorder } from "../../kube/events.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import type { ArnPlace } from "../../model/arn.ts";
import { KINDS } from "../../model/kinds.ts";
import type { MeshChange } from "../../model/mesh-change.ts";
import { keyOf, type MeshObject, type ObjectKey, type ObjectRef, refOf } from "../../model/mesh-object.ts";
import type { Log } from "../../serving/log.ts";
import type { MeshStore } from "../../store/mesh-store.ts";
import { StoreError } from "../../store/mesh-store.ts";
import type { KnownRejections } from "../reports/known-rejections.ts";
import { WRITE_LIMITS } from "./limits.ts";
import { objectEvents } from "./object-events.ts";
import { newStatus, saysRejected, wantedStatus } from "./wanted-status.ts";

/** Tells when something changed, whatever it is. */
interface Telling {
  onChange(listener: (changes: readonly unknown[]) => void, signal: AbortSignal): void;
}

export interface ObjectWriterParts {
  /** Follows the same store. */
  readonly graph: Pick<MeshGraph, "written" | "standing" | "problems" | "renewNextProblems" | "list">;
  readonly store: Pick<MeshStore, "get" | "onChange" | "complete" | "writeStatus">;
  /** Addresses of Services, which some problems follow from. */
  readonly services: Telling;
  /** Secrets that ARNs mean, likewise. */
  readonly certificates: Telling;
  /** What proxies reject. */
  readonly rejections: Pick<KnownRejections, "of" | "isOver" | "onChange">;
  readonly place: ArnPlace;
  /** Whether App Mesh's own controller writes statuses. */
  readonly isControllerRunning: (signal: AbortSignal) => Promise<boolean>;
  readonly events: Pick<EventRecorder, "record">;
  readonly log: Log;
  /** Milliseconds of a clock by which turns of the event loop are measured; the process's own where it is left out. */
  readonly clock?: () => number;
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
  /** The fields that were written into each object last, and when. */
  readonly #filled = new Map<ObjectKey, { readonly text: string; readonly at: number }>();
  #isRenewing = false;
  /** When the workers' turn of the event loop began, by its clock; undefined between two turns. */
  #begun: number | undefined;

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
    const { store, services, certificates, rejections } = this.#parts;
    rejections.onChange((changed) => {
      for (const ref of changed) this.#add(ref);
    });
    store.onChange((changes) => this.#changed(changes), this.#signal);
    for (const source of [services, certificates]) {
      source.onChange(() => void this.#renewProblems(), this.#signal);
    }
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
    for (const map of [this.#refs, this.#touched, this.#said, this.#filled]) map.delete(key);
  }

  /** Objects of which something else is wrong than before, bit by bit, and once the proxies have what changed. */
  async #renewProblems(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const { graph, log } = this.#parts;
    try {
      await wait(WRITE_LIMITS.gathering, undefined, { signal: this.#signal, ref: false });
      let begun = performance.now();
      for (let next = graph.renewNextProblems(); next !== undefined; next = graph.renewNextProblems()) {
        for (const ref of next) this.#add(ref);
        if (performance.now() - begun < WRITE_LIMITS.slice) continue;
        await nextTurn();
        if (this.#signal.aborted) return;
        begun = performance.now();
      }
    } catch (error) {
      if (!this.#signal.aborted) log.error({ err: error }, "the problems of the mesh could not be renewed");
    } finally {
      this.#isRenewing = false;
    }
  }

  /** Milliseconds after which to look again, if there is a reason. */
  async #handle(key: ObjectKey): Promise<number | undefined> {
    await this.#giveWay();
    const { graph, store } = this.#parts;
    const ref = this.#refs.get(key);
    const object = ref && store.get(ref);
    if (ref === undefined || object === undefined || object.metadata.deleting) return undefined;
    const quietFor = (this.#touched.get(key) ?? 0) + WRITE_LIMITS.quiet - performance.now();
    if (quietFor > 0) return quietFor;
    // what is stored is another object than the one that is known here
    if (graph.problems(ref).some(({ code }) => code === "not-readable")) return undefined;
    return (await this.#fill(key, object)) ? WRITE_LIMITS.quiet : await this.#writeStatus(key, object);
  }

  /** One change of a Mesh has thousands of objects looked at, most of which nothing is written into. */
  async #giveWay(): Promise<void> {
    const { clock = () => performance.now() } = this.#parts;
    const now = clock();
    if (this.#begun === undefined) {
      this.#begun = now;
      setImmediate(() => {
        this.#begun = undefined;
      });
    }
    if (now - this.#begun >= WRITE_LIMITS.slice) await nextTurn();
  }

  /** Writes the fields that are missing, and says whether it did. An object that cannot be completed still gets its status. */
  async #fill(key: ObjectKey, object: MeshObject): Promise<boolean> {
    const { graph, store, log } = this.#parts;
    const fields = graph.written(refOf(object) as ObjectRef);
    if (Object.keys(fields).length === 0) return false;
    const text = `${object.metadata.uid} ${JSON.stringify(fields)}`;
    const last = this.#filled.get(key);
    if (last?.text === text && performance.now() - last.at < WRITE_LIMITS.fillAgain) return false;
    this.#filled.set(key, { text, at: performance.now() });
    try {
      await this.#write(key, () => store.complete(object, fields as never));
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "refused") {
        this.#filled.delete(key);
        throw error;
      }
      log.warn({ object: key, problem: error.message }, "an App Mesh object could not be completed");
      return false;
    }
    log.info({ object: key, fields: Object.keys(fields) }, "an App Mesh object was completed");
    return true;
  }

  async #writeStatus(key: ObjectKey, object: MeshObject): Promise<number | undefined> {
    const { graph, store, place, events, rejections, isControllerRunning } = this.#parts;
    const ref = refOf(object) as ObjectRef;
    const [problems, standing] = [graph.problems(ref), graph.standing(ref)];
    if (standing === undefined) return undefined;
    const rejection = rejections.of(key);
    if (rejection === undefined && saysRejected(object) && !rejections.isOver(key)) return WRITE_LIMITS.unsure;
    const wanted = wantedStatus(object, standing, problems, place, rejection);
    if (wanted === undefined) return undefined;
    const status = newStatus(object, wanted, new Date());
    const said = `${object.metadata.uid} ${object.metadata.generation} ${JSON.stringify(wanted)}`;
    if (status === undefined) return undefined;
    if (await isControllerRunning(this.#signal)) {
      // it writes what it likes: then what is stored is not what was said
      this.#said.delete(key);
      return WRITE_LIMITS.controllerAge;
    }
    if (this.#said.get(key) === said) return undefined;
    await this.#write(key, () => store.writeStatus(ref, status, object.metadata.uid));
    this.#said.set(key, said);
    for (const event of objectEvents(object, wanted)) events.record(event);
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
