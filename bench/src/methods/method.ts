import type { Camera } from "@maquette/engine/frames";
import type { RenderMesh } from "@maquette/engine/raster/render";
import type { CaseName, Picture } from "../inputs/cases.ts";

/** A way of making a shape from pictures, measured side by side with the others. */
export interface Method {
  name: string;
  /** The cases to which it applies. */
  cases: readonly CaseName[];
  /**
   * @param pictures of one object, 1 to 6.
   * @param cameras parallel to the pictures; null where a method has to find out.
   * @param known what the person who orders the asset knows of its size.
   * @returns the shape with whatever colours it has. With known cameras: in the object frame, cube units. Otherwise in a
   *   yaw, size and place of its own.
   */
  run(pictures: Picture[], cameras: Camera[] | null, known: KnownSize): Promise<RenderMesh>;
}

/** The longest side of the object, which is 1 cube unit long. */
export interface KnownSize {
  longest: "width" | "height" | "depth";
}
