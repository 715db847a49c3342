import type { PictureFormat } from "@maquette/engine/ingest/sniff-format";

/** How a picture's format is announced and named. */
export const PICTURE_TYPES: Readonly<Record<PictureFormat, { mime: string; extension: string }>> = {
  png: { mime: "image/png", extension: "png" },
  jpeg: { mime: "image/jpeg", extension: "jpg" },
  webp: { mime: "image/webp", extension: "webp" },
  avif: { mime: "image/avif", extension: "avif" },
  gif: { mime: "image/gif", extension: "gif" },
  tiff: { mime: "image/tiff", extension: "tiff" },
};
