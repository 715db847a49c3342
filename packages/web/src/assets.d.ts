declare module "*.css";
declare module "*.png" {
  const url: string;
  export default url;
}

/** Named in vite.config.ts. */
declare module "meshopt-decoder" {
  export const MeshoptDecoder: typeof import("meshoptimizer").MeshoptDecoder;
}
