import type { Stats } from "node:fs";
import { constants, type FileHandle, open, readlink, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { MAX_INPUT_BYTES } from "../manifest/limits.ts";
import { ManifestError } from "../manifest/manifest-error.ts";
import { CommandError } from "./exit.ts";

const BOUND = `${MAX_INPUT_BYTES / 1024 / 1024} MiB`;

/**
 * Reads a file as far as an input may go, whatever kind of file it is: pipes and devices, too, of which some never end.
 * Rejects with CommandError when it cannot be read, with a sentence that says what helps, and with ManifestError when
 * there is more.
 */
export async function boundedFile(path: string): Promise<Buffer> {
  const facts = await factsOf(path);
  if (facts.isDirectory()) throw unreadable(path, "is a folder, expected a file");
  if (facts.isSocket()) throw unreadable(path, "is a socket, which cannot be read: expected a file or a pipe");
  if (facts.isFile() && facts.size > MAX_INPUT_BYTES) throw tooLarge(path, facts);
  const file = await opened(path);
  try {
    return await allOf(chunksOf(file), () => tooLarge(path, facts));
  } catch (error) {
    throw error instanceof ManifestError ? error : unreadable(path, reasonOf(error), error);
  } finally {
    await file.close();
  }
}

/** What a stream brings until it ends; ManifestError when it is more than an input may be. */
export async function boundedStream(stream: Readable, label: string): Promise<Buffer> {
  return await allOf(stream, () => new ManifestError("too-large", `${label} brings more than ${BOUND}: split it`));
}

/** What kind of file a path leads to. Rejects with CommandError that says what is wrong with the path. */
export async function factsOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    const target = await readlink(path).catch(() => undefined);
    const isBroken = (error as NodeJS.ErrnoException).code === "ENOENT" && target !== undefined;
    throw unreadable(path, isBroken ? `is a link to ${target}, which does not exist` : reasonOf(error), error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist: a part of the path is a file and no folder",
  EACCES: "cannot be read: you have no permission; ask its owner, or run as a user who has",
  EPERM: "cannot be read: the system does not allow it",
  EISDIR: "is a folder, expected a file",
  ELOOP: "cannot be read: its links lead in a circle",
  ENAMETOOLONG: "is too long for a path; standard input is given as -f -",
  ENXIO: "cannot be read: nothing is behind this device or socket",
  ENODEV: "cannot be read: nothing is behind this device",
  EMFILE: "cannot be read: too many files are open (ulimit -n)",
};

/** Of a path that leads nowhere: trying again does not help, as it may where something cannot be read. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? `cannot be read: ${message}`;
}

/** The error for a path that cannot be read; `what` goes on after it. */
export function unreadable(path: string, what: string, cause?: unknown): CommandError {
  const { code = "" } = (cause ?? {}) as NodeJS.ErrnoException;
  return new CommandError(ABSENT.has(code) ? "usage" : "unreachable", `${path} ${what}`, { cause });
}

function tooLarge(path: string, facts: Stats): ManifestError {
  const [what, help] = facts.isFile()
    ? ["is larger than", "split it"]
    : ["is no ordinary file and brings more than", "it may never end; expected a file with manifests"];
  return new ManifestError("too-large", `${path} ${what} ${BOUND}, which is the most that is read: ${help}`);
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOCTTY);
  } catch (error) {
    throw unreadable(path, reasonOf(error), error);
  }
}

const CHUNK = 256 * 1024;

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function allOf(chunks: AsyncIterable<Buffer | string>, tooMuch: () => Error): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = Buffer.from(chunk as Buffer);
    size += part.length;
    if (size > MAX_INPUT_BYTES) throw tooMuch();
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}
