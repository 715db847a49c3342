import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { t } from "../strings.ts";
import { classes } from "./button.tsx";

const manager = Toast.createToastManager();

/** Says briefly that something is done. */
export function say(title: string, description?: string): void {
  manager.add({ title, ...(description ? { description } : {}) });
}

/** Says that something failed, and stays longer. */
export function sayProblem(error: unknown): void {
  const description = error instanceof Error ? error.message : String(error);
  manager.add({ title: t.problems.title, description, type: "problem", timeout: 12_000, priority: "high" });
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} timeout={5000} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className={classes("toast", toast.type === "problem" && "toast-problem")}
      swipeDirection={["left", "down"]}
    >
      <Toast.Content className="toast-content">
        <div>
          <Toast.Title className="toast-title" />
          <Toast.Description className="toast-text" />
        </div>
        <Toast.Close className="icon-button" aria-label={t.close}>
          <X />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
