import { write, writeSync } from "node:fs";

/** Lines on their way to a file descriptor. */
export interface LogStream {
  /** Takes one line, with its end. Never blocks and never throws: what cannot be written is dropped. */
  write(line: string): void;
  /** Writes out what is held, as far as the reader takes it, and stops collecting. */
  close(): Promise<void>;
}

/** Lines are collected up to this many characters, or for {@link COLLECT_TIME}: a write for every call would cost a tenth of it. */
const COLLECT_LENGTH = 4096;
/** Milliseconds. */
const COLLECT_TIME = 250;
/** Characters held for a reader that does not keep up: some four thousand lines. */
const BACKLOG_LENGTH = 1_048_576;
/** Milliseconds until a full pipe is tried again, and how often at the end: a reader that stands still may cost 0.2 s then. */
const FULL_PIPE_PAUSE = 10;
const LAST_TRIES = 20;

/**
 * A stream that no reader can bring down. Pino's own retries a write for ever when the process ends, even when nobody reads any
 * more (EPIPE): the process then does nothing else and ignores every signal but SIGKILL.
 */
export function logStream(descriptor: number): LogStream {
  let held = "";
  let heldLines = 0;
  let dropped = 0;
  let readerLeft = false;
  /** From here on no further write is begun: what is held goes out with the last one, behind the one on its way. */
  let closing = false;
  let closed = false;
  let writing: Promise<void> | undefined;
  const timer = setInterval(begin, COLLECT_TIME).unref();
  process.once("exit", writeLast);

  function take(line: string): void {
    if (readerLeft) return;
    if (held.length + line.length > BACKLOG_LENGTH) {
      dropped++;
      return;
    }
    held += line;
    heldLines++;
    if (held.length >= COLLECT_LENGTH) begin();
  }

  function begin(): void {
    if (writing !== undefined || closing || held === "") return;
    writing = writeChunk(chunk()).then((written) => {
      writing = undefined;
      if (written && dropped > 0) tellDropped();
      if (held.length >= COLLECT_LENGTH) begin();
    });
  }

  function chunk(): { readonly bytes: Buffer; readonly lines: number } {
    const taken = { bytes: Buffer.from(held), lines: heldLines };
    held = "";
    heldLines = 0;
    return taken;
  }

  async function writeChunk({ bytes, lines }: ReturnType<typeof chunk>): Promise<boolean> {
    let rest = bytes;
    while (rest.length > 0 && !closed) {
      const result = await writeSome(descriptor, rest);
      if (typeof result === "number") rest = rest.subarray(result);
      else if (result.code === "EAGAIN") await pause(FULL_PIPE_PAUSE);
      else return failed(result, lines);
    }
    return rest.length === 0;
  }

  /** EPIPE is for good. Everything else, a full disk for one, may be over at the next line. */
  function failed(error: NodeJS.ErrnoException, lines: number): false {
    if (error.code !== "EPIPE") {
      dropped += lines;
      return false;
    }
    readerLeft = true;
    chunk();
    clearInterval(timer);
    return false;
  }

  function tellDropped(): void {
    const line = { level: "warn", time: new Date().toISOString(), dropped, msg: "log lines were dropped" };
    dropped = 0;
    // beyond the bound too: while it stands, nothing else says that lines are missing
    held += `${JSON.stringify(line)}\n`;
    heldLines++;
  }

  function writeLast(): void {
    let rest = chunk().bytes;
    for (let tries = 0; rest.length > 0 && tries < LAST_TRIES; ) {
      try {
        rest = rest.subarray(writeSync(descriptor, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
        tries++;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE);
      }
    }
  }

  return {
    write: take,
    async close() {
      closing = true;
      clearInterval(timer);
      process.off("exit", writeLast);
      // its bytes come first; a reader that stands still is not waited for
      await Promise.race([writing, pause(FULL_PIPE_PAUSE * LAST_TRIES)]);
      closed = true;
      writeLast();
    },
  };
}

function writeSome(descriptor: number, bytes: Buffer): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    write(descriptor, bytes, (error, written) => resolve(error ?? written));
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
