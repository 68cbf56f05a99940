/**
 * Kubernetes resource quantities (`10m`, `0.5`, `32Mi`, `1e3`), exact: a value is a whole number of nanounits in a
 * BigInt, the finest step that Kubernetes keeps. Behaviour: k8s.io/apimachinery, `pkg/api/resource/quantity.go`.
 */

/** How a quantity was written, and therefore how it is written again. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Quantity {
  /** The value in billionths of a unit (of a core, of a byte). */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** A text that is no quantity, or one that is out of every reasonable range. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
  readonly code: "syntax" | "range";

  constructor(code: QuantityError["code"], text: string, expected: string) {
    const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
    super(`quantity ${JSON.stringify(shown)}: expected ${expected}`);
    this.code = code;
  }
}

const NANO = 1_000_000_000n;
/** Binary quantities are cut off here, as in Kubernetes: 2^63-1 units. */
const BINARY_MAXIMUM = ((1n << 63n) - 1n) * NANO;
/** Kubernetes accepts any length and exponent; a pod is not trusted that far with our memory. */
const MAXIMUM_LENGTH = 256;
const MAXIMUM_EXPONENT = 308;

const SYNTAX = /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?[0-9]+))?$/;
const DECIMAL_SUFFIXES = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY_SUFFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/**
 * Reads a quantity. Parts finer than a billionth are rounded away from zero, and binary quantities above 2^63-1 are cut
 * off there, both as Kubernetes does it. Throws a QuantityError for anything else than
 * `[sign] number [suffix or exponent]`, and for exponents above 308, which no resource has.
 */
export function parseQuantity(text: string): Quantity {
  const match = text.length <= MAXIMUM_LENGTH ? SYNTAX.exec(text) : null;
  if (!match) throw new QuantityError("syntax", text, "a Kubernetes quantity such as 10m, 0.5, 32Mi or 1e3");
  const [, sign, whole = "", fraction = "", bareFraction = "", binary, decimal, exponent] = match;
  const decimals = fraction || bareFraction;
  const digits = BigInt(whole + decimals);

  let scaled: bigint;
  let format: QuantityFormat;
  if (binary !== undefined) {
    scaled = scaleByTen(digits << BigInt(BINARY_SUFFIXES.indexOf(binary) * 10), 9 - decimals.length);
    if (scaled > BINARY_MAXIMUM) scaled = BINARY_MAXIMUM;
    format = scaled > 0n && scaled < NANO ? "DecimalSI" : "BinarySI";
  } else {
    const power = exponent === undefined ? (DECIMAL_SUFFIXES.indexOf(decimal ?? "") - 3) * 3 : Number(exponent);
    if (digits !== 0n && power > MAXIMUM_EXPONENT) {
      throw new QuantityError("range", text, `an exponent of at most ${MAXIMUM_EXPONENT}`);
    }
    scaled = digits === 0n ? 0n : scaleByTen(digits, 9 - decimals.length + Math.max(power, -MAXIMUM_LENGTH * 2));
    format = exponent === undefined ? "DecimalSI" : "DecimalExponent";
  }
  return { nanos: sign === "-" ? -scaled : scaled, format };
}

/** Whether `parseQuantity` accepts the text. */
export function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

/** -1, 0 or 1 as the first is less than, equal to or greater than the second; the way they are written does not count. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/**
 * The canonical text: no fraction, the largest suffix that keeps the value exact (`1500m`, `32Mi`, `1k`). Binary
 * quantities below 1024 or with a fraction are written in decimal. Above exa, where Kubernetes loses the suffix, the
 * number grows instead (`1000E`), so that reading it again gives the same value.
 */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  const magnitude = nanos < 0n ? -nanos : nanos;
  if (format === "BinarySI" && magnitude >= 1024n * NANO && nanos % NANO === 0n) {
    const [number, step] = divideOut(nanos / NANO, 1024n, BINARY_SUFFIXES.length - 1);
    return `${number}${BINARY_SUFFIXES[step]}`;
  }
  if (format === "DecimalExponent") {
    const [number, step] = divideOut(nanos, 1000n, MAXIMUM_EXPONENT);
    return step === 3 ? `${number}` : `${number}e${step * 3 - 9}`;
  }
  const [number, step] = divideOut(nanos, 1000n, DECIMAL_SUFFIXES.length - 1);
  return `${number}${DECIMAL_SUFFIXES[step]}`;
}

/** `value * 10^power`; what a negative power cuts off is rounded up, so that something never becomes nothing. */
function scaleByTen(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}

/** Divides by `base` as long as nothing remains, at most `limit` times; returns what is left and how often. */
function divideOut(value: bigint, base: bigint, limit: number): [number: bigint, step: number] {
  let step = 0;
  let rest = value;
  while (step < limit && rest % base === 0n) {
    rest /= base;
    step++;
  }
  return [rest, step];
}
