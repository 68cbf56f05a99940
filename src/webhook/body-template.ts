import { crc32 } from "node:zlib";
import { LIMITS } from "./limits.ts";

/**
 * What the reviews of pods of one workload have in common: the body with zeros in place of what differs. That is the review's UID,
 * the random end of the name of the volume with the pod's token (`kube-api-access-x7k2p`, in the volume and in every mount of it)
 * and the first time in `managedFields`. Two bodies with the same template are the same JSON but for these strings.
 */
export interface BodyTemplate {
  /** Only until the next body is read; copy them to keep them. */
  readonly bytes: Buffer;
  /** Of the bytes: tells most templates apart. */
  readonly hash: number;
  readonly uid: string;
  /** How often the volume's name occurs. */
  readonly names: number;
}

/** Begins the name of every volume that the API server's ServiceAccount admission adds. */
export const TOKEN_VOLUME = "kube-api-access-";

const UID = Buffer.from('"request":{"uid":"');
const UID_LENGTH = 36;
const NAME = Buffer.from(TOKEN_VOLUME);
const BEFORE_NAME = Buffer.from('"name":"');
const SUFFIX_LENGTH = 5;
const MANAGED = Buffer.from('"managedFields":[');
const TIME = Buffer.from('"time":"');
const TIME_FORM = Buffer.from("0000-00-00T00:00:00Z");

const QUOTE = 0x22;
const DASH = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_A = 0x61;
const LETTER_Z = 0x7a;

/**
 * Reads bodies into one piece of memory, for most of them are looked at once and never again.
 *
 * Searching and hashing are Node's own: together they take a fiftieth of what deciding takes.
 */
export class TemplateReader {
  readonly #memory = Buffer.alloc(LIMITS.rememberedBodyBytes);

  /**
   * The template of a body as API servers write it, compact and in their order; undefined: it is too long, or what stands in one of
   * the places has not the usual form. So a zero in one of the places stands for what was there, and never for a zero in the body.
   */
  read(body: Buffer): BodyTemplate | undefined {
    if (body.length > this.#memory.length) return undefined;
    const bytes = this.#memory.subarray(0, body.length);
    body.copy(bytes);
    const uid = blankUid(bytes);
    const names = uid === undefined ? undefined : blankNames(bytes);
    if (uid === undefined || names === undefined || !blankTime(bytes)) return undefined;
    return { bytes, hash: crc32(bytes), uid, names };
  }
}

/** A body of this template with other strings in its places. Each must be as long as its place. */
export function filledIn(template: Buffer, uid: string, suffix: string, time: string): Buffer {
  const body = Buffer.from(template);
  body.write(uid, body.indexOf(UID) + UID.length, "latin1");
  for (let at = body.indexOf(NAME); at !== -1; at = body.indexOf(NAME, at + 1)) {
    body.write(suffix, at + NAME.length, "latin1");
  }
  const timed = timeAt(body);
  if (timed !== undefined) body.write(time, timed, "latin1");
  return body;
}

function blankUid(bytes: Buffer): string | undefined {
  const found = bytes.indexOf(UID);
  const start = found + UID.length;
  const end = start + UID_LENGTH;
  if (found === -1 || bytes[end] !== QUOTE) return undefined;
  for (let index = start; index < end; index++) {
    const byte = bytes[index];
    if (!isLetterOrDigit(byte) && byte !== DASH) return undefined;
  }
  const uid = bytes.toString("latin1", start, end);
  bytes.fill(0, start, end);
  return uid;
}

/** How often it occurs; undefined: there are two different ones, or one that is no whole name. */
function blankNames(bytes: Buffer): number | undefined {
  let first: string | undefined;
  let count = 0;
  for (let found = bytes.indexOf(NAME); found !== -1; found = bytes.indexOf(NAME, found + NAME.length)) {
    const start = found + NAME.length;
    const end = start + SUFFIX_LENGTH;
    const isName = bytes.compare(BEFORE_NAME, 0, undefined, Math.max(0, found - BEFORE_NAME.length), found) === 0;
    if (!isName || bytes[end] !== QUOTE) return undefined;
    for (let index = start; index < end; index++) if (!isLetterOrDigit(bytes[index])) return undefined;
    const suffix = bytes.toString("latin1", start, end);
    first ??= suffix;
    if (suffix !== first) return undefined;
    bytes.fill(0, start, end);
    count++;
  }
  return count;
}

/** Whether the time is one that an API server writes, or there is none. */
function blankTime(bytes: Buffer): boolean {
  const start = timeAt(bytes);
  if (start === undefined) return true;
  const end = start + TIME_FORM.length;
  if (bytes[end] !== QUOTE) return false;
  for (let index = start; index < end; index++) {
    const byte = bytes[index];
    const wanted = TIME_FORM[index - start];
    if (wanted === ZERO ? !isDigit(byte) : byte !== wanted) return false;
  }
  bytes.fill(0, start, end);
  return true;
}

function timeAt(bytes: Buffer): number | undefined {
  const managed = bytes.indexOf(MANAGED);
  const time = managed === -1 ? -1 : bytes.indexOf(TIME, managed);
  return time === -1 ? undefined : time + TIME.length;
}

function isLetterOrDigit(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= LETTER_A && byte <= LETTER_Z) || isDigit(byte));
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
