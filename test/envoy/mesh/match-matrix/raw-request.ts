import { connect } from "node:net";

/** An answer as it came. */
export interface RawAnswer {
  /** 0: the connection was closed without one. */
  readonly status: number;
  /** Names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
}

/** How long an answer may take. Nothing here waits on purpose. */
const PATIENCE = 60_000;

/** `first`: what is sent before the lines; `patience`: milliseconds, where something waits on purpose. */
export interface RawOptions {
  readonly first?: string;
  readonly patience?: number;
}

/** Sends lines as they are, a byte for each character, on a connection of their own. */
export function rawRequest(
  port: number,
  lines: readonly string[],
  { first = "", patience = PATIENCE }: RawOptions = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(patience, () => socket.destroy(new Error(`no answer to ${lines[0]} in ${patience} ms`)));
    socket.on("error", reject).on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      // after an answer of its own Envoy waits a second for the client to close
      if (Buffer.concat(chunks).includes("\r\n\r\n")) socket.end();
    });
    socket.on("close", () => resolve(parsed(Buffer.concat(chunks).toString("latin1"))));
    socket.write(Buffer.from(`${first}${[...lines, "connection: close"].join("\r\n")}\r\n\r\n`, "latin1"));
  });
}

function parsed(text: string): RawAnswer {
  const [first = "", ...lines] = (text.split("\r\n\r\n")[0] ?? "").split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(first.split(" ")[1] ?? 0), headers: new Map(headers) };
}
