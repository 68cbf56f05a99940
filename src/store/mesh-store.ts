import type { JsonObject } from "../model/json.ts";
import type { MeshChange } from "../model/mesh-change.ts";
import type { MeshObject, ObjectRef } from "../model/mesh-object.ts";

/**
 * All App Mesh objects, wherever they live; nobody else knows where. Objects that do not fit their schema are there with their last
 * state that did, or not at all, and their changes say why.
 */
export interface MeshStore {
  /** Resolves when everything is known for the first time, and has been told. */
  readonly synced: Promise<void>;
  /** The last state that could be read; it may be ahead of what was told. */
  get(ref: ObjectRef): MeshObject | undefined;
  /**
   * Tells everything that is known, and from then on what changes, until the signal: what changed in one go together, each object once.
   * The listener must not throw.
   */
  onChange(listener: (changes: readonly MeshChange[]) => void, signal: AbortSignal): void;
  /** Makes an object, or brings the fields that are given to this form. Rejects with {@link StoreError}. */
  apply(object: JsonObject): Promise<void>;
  /** Deletes an object; whether there was one. Rejects with {@link StoreError}. */
  delete(ref: ObjectRef): Promise<boolean>;
  /**
   * Adds fields to an object's spec, as long as it is the one that is given: a change by another in between is refused. Rejects with
   * {@link StoreError}, `gone` when there is no such object.
   */
  complete(object: MeshObject, fields: JsonObject): Promise<void>;
  /** Writes fields of an object's status; others stay. Rejects with {@link StoreError}, `gone` when there is no such object. */
  writeStatus(ref: ObjectRef, status: JsonObject, uid?: string): Promise<void>;
}

/** Why something could not be stored. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** `invalid`: it is no object of App Mesh. `refused`: the store does not take it. `gone`: it is not there. `unavailable`: try again. */
  readonly code: "invalid" | "refused" | "gone" | "unavailable";

  constructor(code: StoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
