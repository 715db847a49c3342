import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "../strings.ts";
import { Button, classes } from "./button.tsx";

export function Dialog({
  open,
  onClose,
  title,
  help,
  wide,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  help?: string;
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className={classes("dialog", wide && "dialog-wide")}>
          <div className="dialog-head">
            <Base.Title className="dialog-title">{title}</Base.Title>
            <Base.Close className="icon-button" aria-label={t.close} title={t.close}>
              <X />
            </Base.Close>
          </div>
          {help && <Base.Description className="dialog-help">{help}</Base.Description>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm({
  open,
  onClose,
  title,
  help,
  action,
  danger,
  busy,
  problem,
  onConfirm,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  help?: string | undefined;
  action: string;
  danger?: boolean;
  busy?: boolean;
  problem?: string | null;
  onConfirm: () => void;
}) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
          {help && <AlertDialog.Description className="dialog-help">{help}</AlertDialog.Description>}
          {problem && (
            <p className="field-problem" role="alert">
              {problem}
            </p>
          )}
          <div className="dialog-actions">
            <AlertDialog.Close className="button button-plain">
              <span>{t.cancel}</span>
            </AlertDialog.Close>
            <Button look={danger ? "danger" : "primary"} busy={busy ?? false} onClick={onConfirm}>
              {action}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
