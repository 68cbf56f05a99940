import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ImageEntry, inArchiveOrder } from "./image-entry.ts";

const BLOCK = 512;
const TYPES = { file: "0", link: "2", folder: "5" } as const;

/** What an image says of a layer. The layer is not compressed, so this is both its digest and its "diff ID". */
export interface LayerDigest {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Writes the entries as one uncompressed tar archive (POSIX ustar). The same entries give the same bytes on every
 * machine and at every time: sorted, owned by root, dated 1970. Uncompressed, because a registry on loopback copies it
 * as it is, and compressing a hundred megabytes takes longer than everything else together.
 */
export async function writeLayer(entries: readonly ImageEntry[], file: string): Promise<LayerDigest> {
  const hash = createHash("sha256");
  let size = 0;
  await pipeline(
    Readable.from(archive(inArchiveOrder(entries)), { objectMode: false }),
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(file),
  );
  return { digest: `sha256:${hash.digest("hex")}`, size };
}

async function* archive(entries: readonly ImageEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    const size = await contentSize(entry);
    yield header(entry, size);
    if (entry.type !== "file") continue;
    if ("text" in entry.content) {
      yield Buffer.from(entry.content.text);
    } else {
      yield* createReadStream(entry.content.file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
    }
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

async function contentSize(entry: ImageEntry): Promise<number> {
  if (entry.type !== "file") return 0;
  if ("text" in entry.content) return Buffer.byteLength(entry.content.text);
  return (await stat(entry.content.file)).size;
}

function header(entry: ImageEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const { prefix, name } = splitPath(entry.path.slice(1) + (entry.type === "folder" ? "/" : ""));
  block.write(name, 0);
  block.write(octal(entry.type === "link" ? 0o777 : entry.mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(TYPES[entry.type], 156);
  if (entry.type === "link") {
    if (Buffer.byteLength(entry.target) > 100) throw new Error(`the link ${entry.path} says more than tar can hold`);
    block.write(entry.target, 157);
  }
  block.write("ustar\u000000", 257);
  block.write(prefix, 345);
  // The sum is taken with blanks where it will stand.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148);
  return block;
}

/** ustar has 155 bytes for the front of a path and 100 for the rest, cut at a slash. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: "", name: path };
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (name !== "" && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { prefix, name };
  }
  throw new Error(`the path /${path} is longer than tar can hold`);
}

/** A number as tar writes it: octal digits that fill the field but for a NUL at the end. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\u0000`;
}
