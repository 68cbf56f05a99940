import { isIP } from "node:net";

/** Where a server listens. */
export interface ListenAddress {
  /** IP address or host name, without brackets; empty: every address of the machine. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** A listen address that cannot be read. */
export class ListenAddressError extends Error {
  override readonly name = "ListenAddressError";
  readonly code = "malformed";
}

/**
 * Reads `ADDRESS:PORT`, `[IPV6]:PORT` or `:PORT`. Throws {@link ListenAddressError}; `setting` says in its message what was read.
 */
export function listenAddress(text: string, setting: string): ListenAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]*)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const [, ipv6, host = ""] = match ?? [];
  if (match === null || port > 65_535 || (ipv6 !== undefined && isIP(ipv6) !== 6)) {
    throw new ListenAddressError(
      `${setting} is ${JSON.stringify(text)}: expected ADDRESS:PORT such as 127.0.0.1:8443, [::1]:8443 or :8443`,
    );
  }
  return { host: ipv6 ?? host, port };
}

/** The system's error about an address that is busy or not ours, with the setting that names it; other errors as they are. */
export function notListening(error: unknown, text: string, setting: string): Error {
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error as Error;
  return new Error(`${setting} is ${JSON.stringify(text)}, where nothing can listen now: ${message}`, { cause: error });
}

/** The address at which a server that listens there can be reached from its own machine. */
export function reachable({ host, port }: ListenAddress): ListenAddress {
  if (host === "" || host === "0.0.0.0") return { host: "127.0.0.1", port };
  return { host: host === "::" ? "::1" : host, port };
}
