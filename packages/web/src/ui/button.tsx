import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "react-router";

type Look = "primary" | "plain" | "quiet" | "danger";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  /** Something is under way: it cannot be pressed again, and says so. */
  busy?: boolean;
  icon?: ReactNode;
}

export function Button({ look = "plain", small, busy, icon, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes("button", `button-${look}`, small && "button-small", className)}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

/** A button that is only an icon; the label is for screen readers and as a tip. */
export function IconButton({ label, icon, className, ...rest }: ButtonProps & { label: string }) {
  return (
    <button type="button" {...rest} className={classes("icon-button", className)} aria-label={label} title={label}>
      {icon}
    </button>
  );
}

/** Goes somewhere and looks like a button. */
export function LinkButton({
  to,
  look = "plain",
  icon,
  children,
}: {
  to: string;
  look?: Look;
  icon?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Link to={to} className={classes("button", `button-${look}`)}>
      {icon}
      <span>{children}</span>
    </Link>
  );
}

export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}
