import { isIP } from "node:net";

/** The 4 or 16 bytes of an IP address. Throws a TypeError when it is none; a zone has no place in bytes. */
export function addressBytes(address: string): Buffer {
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 0) throw new TypeError(`${JSON.stringify(address)} is no IP address`);
  if (family === 4) return Buffer.from(address.split(".").map(Number));
  // without an IPv4 part at its end, which may be written in two ways
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const bytes = Buffer.alloc(16);
  before.forEach((group, index) => void bytes.writeUInt16BE(group, index * 2));
  after.forEach((group, index) => void bytes.writeUInt16BE(group, 16 - (after.length - index) * 2));
  return bytes;
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
