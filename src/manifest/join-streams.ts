/**
 * Puts texts one behind the other so that each document stays one: YAML with `---` between, JSON with line breaks. A single
 * text comes out as it is. Each text may be written in parts.
 */
export class StreamJoiner {
  readonly #formats: readonly Format[];
  readonly #write: (text: string) => void;
  /** Blank text and comments at the beginning of a text, until it is known what it begins with. */
  #lead = "";
  #started = 0;
  #isInside = true;
  #last = "";

  /** `formats` of all texts that are to come and hold anything. */
  constructor(formats: readonly Format[], write: (text: string) => void) {
    this.#formats = formats;
    this.#write = write;
  }

  /** Begins the next text. */
  next(format: Format): void {
    this.end();
    this.#isInside = false;
    this.#lead = "";
    // a JSON object at the very beginning would make kubectl expect nothing but JSON
    if (this.#started === 0 && format === "json" && this.#isMixed()) this.#put("---\n");
  }

  write(text: string): void {
    if (this.#isInside) {
      this.#put(text);
      return;
    }
    this.#lead += text;
    if (this.#lead.trim() === "") return;
    const separator = this.#separator(this.#lead);
    // a part of a lead may be all there is so far: its first line decides
    this.#put(separator + this.#lead);
    this.#isInside = true;
    this.#started++;
  }

  /** After the last text. */
  end(): void {
    if (this.#started > 0 && this.#formats.length > 1 && this.#last !== "" && this.#last !== "\n") this.#put("\n");
  }

  #put(text: string): void {
    if (text === "") return;
    this.#write(text);
    this.#last = text.at(-1) as string;
  }

  #isMixed(): boolean {
    return this.#formats.length > 1 && this.#formats.includes("yaml");
  }

  #separator(next: string): string {
    if (this.#started === 0 || !this.#formats.includes("yaml")) return "";
    // a directive is only one after the end of the document before it
    if (next.startsWith("%")) return "...\n";
    const first = next.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#"));
    return first !== undefined && /^---(\s|$)/.test(first) ? "" : "---\n";
  }
}

type Format = "yaml" | "json";
