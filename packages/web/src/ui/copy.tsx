import { Copy } from "lucide-react";
import { t } from "../strings.ts";
import { IconButton } from "./button.tsx";
import { say } from "./toast.tsx";

/** @returns whether the browser allowed it */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** A value that can be read and copied. */
export function CopyValue({ value, label }: { value: string; label: string }) {
  return (
    <span className="copy-value">
      <code>{value}</code>
      <IconButton
        label={`${t.copy} ${label}`}
        icon={<Copy />}
        onClick={async () => say((await copyText(value)) ? t.copied : t.copyFailed)}
      />
    </span>
  );
}
