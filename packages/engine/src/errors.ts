/**
 * Every way in which the engine says no. One registry: the code is stable, the sentence says what was seen and
 * what to change, and the family is the contract's (section 5).
 */
const REGISTRY = {
  // -- the picture cannot be read
  image_empty: { family: "unreadable", text: "it is empty (0 bytes). Send the picture file itself" },
  image_unsupported: {
    family: "unreadable",
    text: "it is not a picture that can be read: %s. Send PNG, JPEG, WebP, AVIF, GIF or TIFF",
  },
  image_corrupt: { family: "unreadable", text: "the file is damaged or cut short (%s). Export or download it again" },
  image_too_large: {
    family: "unreadable",
    text: "it is too large: %s. The limits are 50 megapixels and 5 MB a picture; scale it down",
  },
  // -- the picture can be read, but no object can be made from it
  image_too_small: {
    family: "too_small",
    text: "it is too small: %s. At least 64 pixels a side are needed; 512 or more give good results",
  },
  image_too_long: {
    family: "too_small",
    text: "it is too long and narrow: %s. The long side may have 16 times the pixels of the short one; crop the picture to the object",
  },
  object_too_small: {
    family: "too_small",
    text: "the object is too small in it: %s. Crop the picture closer to the object or send a larger one",
  },
  blurred: { family: "too_small", text: "it is too blurred to make out the object's edges (%s). Send a sharper one" },
  no_object: {
    family: "no_object",
    text: "no object can be told from the background: %s. Use a plain background that differs from the object, or a transparent one",
  },
  multiple_objects: {
    family: "multiple_objects",
    text: "it shows %s separate objects. Send one object a request",
  },
  cropped_object: {
    family: "cropped_object",
    text: "the object is cut off by the border: %s. Use a picture that shows all of it with a little space around",
  },
  text_only: { family: "text_only", text: "it shows only text (%s). Send a picture of an object" },
  views_inconsistent: {
    family: "inconsistent_views",
    text: "it does not show the same object as the others: %s. Send pictures of one object from different sides",
  },
  inappropriate: { family: "inappropriate", text: "its content is not accepted: %s" },
  content_unchecked: {
    family: "inappropriate",
    text: "its content cannot be checked (%s), and unchecked pictures are not accepted here. Tell whoever runs this",
  },
  too_complex: { family: "too_complex", text: "the object is too complex: %s. Simplify it or raise the quality" },
  // -- the model that shall be finished
  model_unsupported: {
    family: "unreadable",
    text: "it is not a model that can be read: %s. Send GLB, glTF in one file, OBJ or binary FBX, or a zip of one",
  },
  model_corrupt: { family: "unreadable", text: "the model cannot be read (%s). Export it again" },
  model_too_large: { family: "too_complex", text: "the model is too large: %s. Reduce it, or send it in parts" },
  model_empty: { family: "no_object", text: "the %s file holds no faces. Export the mesh with the model" },
  model_flat: {
    family: "no_object",
    text: "the model has no extent that a solid could be made of: %s. Send a model that is more than a point or a line",
  },
  // -- the generator that shall make the shape
  generator_failed: {
    family: "generator",
    text: "the generator made no usable model: %s. Try again later, or choose another generator or the built-in engine",
  },
  // -- the request as a whole
  picture_count: { family: "options", text: "%s pictures were given; 1 to 6 can be used" },
  option_invalid: { family: "options", text: "%s" },
  // -- us
  internal: { family: "internal", text: "internal error: %s" },
} as const;

export type ErrorCode = keyof typeof REGISTRY;
export type ErrorFamily = (typeof REGISTRY)[ErrorCode]["family"];

export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly family: ErrorFamily;
  /** Index of the picture that it concerns, from 0; null when it concerns the request. */
  readonly picture: number | null;
  /** The offending value, as measured. */
  readonly detail: string;

  constructor(code: ErrorCode, detail: string, picture: number | null = null) {
    const text = REGISTRY[code].text.replace("%s", () => detail);
    super(picture === null ? sentence(text) : `Image ${picture + 1}: ${text}.`);
    this.name = "EngineError";
    this.code = code;
    this.family = REGISTRY[code].family;
    this.picture = picture;
    this.detail = detail;
  }

  /** Whether the pictures were refused (as opposed to bad options or a fault of ours). */
  get refusal(): boolean {
    return !["options", "generator", "internal"].includes(this.family);
  }
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** All codes with their family and text, for the reference page and for tests. */
export const ERROR_CODES: Readonly<Record<ErrorCode, { family: ErrorFamily; text: string }>> = REGISTRY;
