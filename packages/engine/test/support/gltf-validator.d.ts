declare module "gltf-validator" {
  export interface Message {
    code: string;
    message: string;
    /** 0 error, 1 warning, 2 information, 3 hint. */
    severity: number;
    pointer?: string;
  }
  export interface Report {
    issues: { numErrors: number; numWarnings: number; messages: Message[] };
    info: { totalTriangleCount: number; totalVertexCount: number; drawCallCount: number; materialCount: number };
  }
  export function validateBytes(data: Uint8Array, options?: { maxIssues?: number }): Promise<Report>;
}
