import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Characters that are kept as they are before they are packed: a usual output is never packed. */
const BLOCK = 4 * 1024 * 1024;

/**
 * Keeps what is to be printed until it is known that it may be. Of long outputs the earlier parts are packed: sidecars
 * differ little, so a hundred megabytes take one or two.
 */
export class OutputStore {
  readonly #packed: Buffer[] = [];
  #recent: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#recent.push(text);
    this.#length += text.length;
    if (this.#length < BLOCK) return;
    this.#packed.push(deflateRawSync(this.#recent.join(""), { level: 1 }));
    this.#recent = [];
    this.#length = 0;
  }

  /** Everything, in its order and in few parts. */
  *texts(): Generator<string> {
    for (const block of this.#packed) yield inflateRawSync(block).toString();
    if (this.#recent.length > 0) yield this.#recent.join("");
  }
}
