import { isDeepStrictEqual } from "node:util";
import { type JsonObject, member, objectOf } from "../../src/model/json.ts";
import type { ApiConnection } from "./api-connection.ts";
import { metadataText, nameOf, text } from "./api-object.ts";

/** Brings a set of objects to what it is to be, one object after the other, as whoever writes them does. */
export class StoredObjects {
  readonly #api: ApiConnection;
  readonly #isLast: (path: string) => boolean;
  #stored: ReadonlyMap<string, JsonObject> = new Map();

  /** `isLast`: of an object's path, whether it is written after all others. */
  constructor(api: ApiConnection, isLast: (path: string) => boolean) {
    this.#api = api;
    this.#isLast = isLast;
  }

  /** Writes what differs. Where that fails, the next call writes it again. */
  async become(objects: readonly JsonObject[]): Promise<void> {
    const wanted = new Map(objects.map((object) => [pathOf(object), object]));
    const [last, others] = [[...wanted].filter(([path]) => this.#isLast(path)), [...wanted]];
    for (const [path, object] of [...others.filter(([each]) => !this.#isLast(each)), ...last]) {
      if (this.#isLast(path)) await this.#removeOthers(wanted);
      if (isDeepStrictEqual(this.#stored.get(path), object)) continue;
      await this.#write(path, object);
      this.#stored = new Map(this.#stored).set(path, object);
    }
  }

  async #write(path: string, { status, ...object }: JsonObject): Promise<void> {
    if (metadataText(object, "namespace") === "" || object.apiVersion === "v1") {
      const made = await this.#api.apply(path, object);
      if (status !== undefined) await this.#send("PUT", `${path}/status`, { ...made, status });
      return;
    }
    // nothing of what it was is left, and nobody who writes its status is in the way
    while ((await this.#replace(path, object)) === "again");
  }

  async #replace(path: string, object: JsonObject): Promise<"done" | "again"> {
    const found = await this.#api.send("GET", path);
    if (found.status === 404) {
      await this.#send("POST", path.slice(0, path.lastIndexOf("/")), object);
      return "done";
    }
    const resourceVersion = text(member(found.body["metadata"], "resourceVersion"));
    const metadata = { ...objectOf(object["metadata"]), resourceVersion };
    return (await this.#send("PUT", path, { ...object, metadata }, 409)) === 409 ? "again" : "done";
  }

  /** Answers with the status, which is that of a success or the allowed one. */
  async #send(method: "POST" | "PUT" | "DELETE", path: string, body?: JsonObject, allowed = 0): Promise<number> {
    const { status, body: said } = await this.#api.send(method, path, body);
    if (status < 300 || status === allowed) return status;
    throw new Error(`${method} ${path}: ${status} ${JSON.stringify(said)}`);
  }

  async #removeOthers(wanted: ReadonlyMap<string, JsonObject>): Promise<void> {
    for (const path of this.#stored.keys()) {
      if (wanted.has(path)) continue;
      await this.#send("DELETE", path, undefined, 404);
      this.#stored = new Map([...this.#stored].filter(([each]) => each !== path));
    }
  }
}

function pathOf(object: JsonObject): string {
  const version = text(object.apiVersion);
  const kind = text(object.kind).toLowerCase();
  const namespace = metadataText(object, "namespace");
  const root = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
  const place = namespace === "" ? "" : `/namespaces/${namespace}`;
  return `${root}${place}/${kind}${kind.endsWith("h") ? "es" : "s"}/${nameOf(object)}`;
}
