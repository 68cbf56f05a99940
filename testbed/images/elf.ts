import { type FileHandle, open } from "node:fs/promises";

/** What a program or library asks of the loader, as its file says it. */
export interface SharedObjects {
  /** Absolute path of the loader; undefined in a library or a static program. */
  readonly interpreter: string | undefined;
  /** Names of the libraries, without folders. */
  readonly needed: readonly string[];
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const PROGRAM_HEADER_BYTES = 56;
const DYNAMIC_ENTRY_BYTES = 16;

/** No loader path, name of a library or dynamic section of a real program comes near it. */
const LONGEST_NAME = 4_096;
const LARGEST_DYNAMIC_SECTION = 65_536;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * Reads the loader and the libraries out of an ELF file; undefined when the file is not ELF. Reads only the headers, so
 * a program of 100 MB costs no more than a small one. 64 bits, little-endian: amd64 and arm64 (elf(5)).
 *
 * @throws Error when the file is ELF of another kind, or ends before its headers do.
 */
export async function sharedObjects(path: string): Promise<SharedObjects | undefined> {
  const file = await open(path);
  try {
    const header = await readAtMost(file, 0, 64);
    if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
    if (header[4] !== 2 || header[5] !== 1) {
      throw new Error(`${path} is an ELF file, but not a 64-bit little-endian one, which is all that is read here`);
    }
    const segments = await readSegments(file, header, path);
    const interpreter = segments.find(({ type }) => type === PT_INTERP);
    const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
    return {
      interpreter: interpreter === undefined ? undefined : await readText(file, interpreter.offset),
      needed: dynamic === undefined ? [] : await readNeeded(file, dynamic, segments, path),
    };
  } finally {
    await file.close();
  }
}

async function readSegments(file: FileHandle, header: Buffer, path: string): Promise<readonly Segment[]> {
  const offset = Number(header.readBigUInt64LE(0x20));
  const size = header.readUInt16LE(0x36);
  const count = header.readUInt16LE(0x38);
  if (count > 0 && size !== PROGRAM_HEADER_BYTES) throw new Error(`${path} has program headers of ${size} bytes`);
  const table = await readAtMost(file, offset, size * count);
  if (table.length < size * count) throw new Error(`${path} ends within its program headers`);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    return {
      type: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 8)),
      address: Number(table.readBigUInt64LE(at + 16)),
      size: Number(table.readBigUInt64LE(at + 32)),
    };
  });
}

async function readNeeded(
  file: FileHandle,
  dynamic: Segment,
  segments: readonly Segment[],
  path: string,
): Promise<readonly string[]> {
  const table = await readAtMost(file, dynamic.offset, Math.min(dynamic.size, LARGEST_DYNAMIC_SECTION));
  const names: number[] = [];
  let strings: number | undefined;
  for (let at = 0; at + DYNAMIC_ENTRY_BYTES <= table.length; at += DYNAMIC_ENTRY_BYTES) {
    const tag = Number(table.readBigInt64LE(at));
    const value = Number(table.readBigUInt64LE(at + 8));
    if (tag === DT_NEEDED) names.push(value);
    if (tag === DT_STRTAB) strings = value;
  }
  if (names.length === 0) return [];
  // The table of strings is named by its address in memory; the segment that is loaded there says where in the file.
  const home = segments.find(
    ({ type, address, size }) =>
      type === PT_LOAD && strings !== undefined && strings >= address && strings < address + size,
  );
  if (strings === undefined || home === undefined) throw new Error(`${path} names libraries but has no names for them`);
  const start = strings - home.address + home.offset;
  return await Promise.all(names.map((name) => readText(file, start + name)));
}

async function readText(file: FileHandle, offset: number): Promise<string> {
  const bytes = await readAtMost(file, offset, LONGEST_NAME);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? bytes.length : end);
}

async function readAtMost(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
