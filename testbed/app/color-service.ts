import {
  COLOR_SERVICE,
  type ColorName,
  colorMessage,
  colorOf,
  type Flakiness,
  flakinessMessage,
  flakinessOf,
} from "./color-messages.ts";
import { Faults } from "./faults.ts";
import { GRPC_STATUS } from "./grpc-messages.ts";

/** A status of gRPC, and the message where it is OK. */
export interface UnaryAnswer {
  readonly status: number;
  readonly message?: Buffer;
}

/**
 * `color.ColorService`: keeps a color, and answers what it was before. It fails the share of calls of a color that it was told to,
 * the same ones in every run.
 */
export class ColorService {
  #color: ColorName = "no_color";
  #flakiness: Flakiness = { rate: 0, code: GRPC_STATUS.ok };
  readonly #faults = new Faults();

  /** @throws RangeError for a message that is none. */
  answer(path: string, message: Buffer): UnaryAnswer {
    switch (path) {
      case `${COLOR_SERVICE}/GetColor`:
        return this.#unlessAtFault(() => this.#color);
      case `${COLOR_SERVICE}/SetColor`: {
        const color = colorOf(message);
        return this.#unlessAtFault(() => {
          const before = this.#color;
          this.#color = color;
          return before;
        });
      }
      case `${COLOR_SERVICE}/GetFlakiness`:
        return { status: GRPC_STATUS.ok, message: flakinessMessage(this.#flakiness) };
      case `${COLOR_SERVICE}/SetFlakiness`: {
        const before = this.#flakiness;
        this.#flakiness = flakinessOf(message);
        this.#faults.set(this.#flakiness.rate * 100);
        return { status: GRPC_STATUS.ok, message: flakinessMessage(before) };
      }
      default:
        return { status: GRPC_STATUS.unimplemented };
    }
  }

  #unlessAtFault(color: () => ColorName): UnaryAnswer {
    if (this.#faults.next()) return { status: this.#flakiness.code };
    return { status: GRPC_STATUS.ok, message: colorMessage(color()) };
  }
}
