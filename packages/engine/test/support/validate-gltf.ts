import { type Report, validateBytes } from "gltf-validator";

/**
 * The Khronos validator's verdict on a GLB or glTF file.
 * @throws Error with the messages when it has errors or warnings.
 */
export async function validateGltf(name: string, data: Uint8Array): Promise<Report["info"]> {
  const { issues, info } = await validateBytes(data, { maxIssues: 20 });
  if (issues.numErrors + issues.numWarnings > 0) {
    const messages = issues.messages.filter((message) => message.severity < 2);
    throw new Error(`${name}: ${issues.numErrors} errors, ${issues.numWarnings} warnings: ${JSON.stringify(messages)}`);
  }
  return info;
}
