import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { classes } from "./button.tsx";

interface Around {
  label: string;
  help?: string | undefined;
  problem?: string | null | undefined;
  className?: string | undefined;
  /** Only screen readers get the label; what it is for shows otherwise. */
  hideLabel?: boolean;
}

/** A label, what it labels, and what helps or is wrong, tied together for screen readers. */
function Field({
  label,
  help,
  problem,
  className,
  hideLabel,
  children,
}: Around & { children: (tied: { id: string; describedBy: string | undefined; invalid: boolean }) => ReactNode }) {
  const id = useId();
  const described = [help && `${id}-help`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className={classes("field", className)}>
      <label htmlFor={id} className={hideLabel ? "hidden-label" : undefined}>
        {label}
      </label>
      {children({ id, describedBy: described || undefined, invalid: Boolean(problem) })}
      {help && (
        <p className="field-help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {problem && (
        <p className="field-problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

type InputProps = Around & Omit<InputHTMLAttributes<HTMLInputElement>, "className"> & { suffix?: string };

export function TextField({ label, help, problem, className, hideLabel, suffix, ...input }: InputProps) {
  return (
    <Field {...{ label, help, problem, className, hideLabel }}>
      {({ id, describedBy, invalid }) => (
        <span className={classes("input", suffix && "input-suffixed")}>
          <input {...input} id={id} aria-describedby={describedBy} aria-invalid={invalid || undefined} />
          {suffix && <span aria-hidden="true">{suffix}</span>}
        </span>
      )}
    </Field>
  );
}

export function TextArea({
  label,
  help,
  problem,
  className,
  ...input
}: Around & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "className">) {
  return (
    <Field {...{ label, help, problem, className }}>
      {({ id, describedBy, invalid }) => (
        <textarea {...input} id={id} aria-describedby={describedBy} aria-invalid={invalid || undefined} />
      )}
    </Field>
  );
}

interface Choice {
  value: string;
  label: string;
}

/** The browser's own select: on phones it is the one that people know, and every screen reader reads it. */
export function Select({
  label,
  help,
  problem,
  className,
  hideLabel,
  choices,
  ...select
}: Around & { choices: readonly Choice[] } & Omit<SelectHTMLAttributes<HTMLSelectElement>, "className">) {
  return (
    <Field {...{ label, help, problem, className, hideLabel }}>
      {({ id, describedBy }) => (
        <span className="select">
          <select {...select} id={id} aria-describedby={describedBy}>
            {choices.map(({ value, label: text }) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </span>
      )}
    </Field>
  );
}

export function Checkbox({
  label,
  help,
  className,
  ...input
}: { label: ReactNode; help?: string; className?: string } & Omit<InputHTMLAttributes<HTMLInputElement>, "className">) {
  const id = useId();
  return (
    <div className={classes("checkbox", className)}>
      <input {...input} type="checkbox" id={id} aria-describedby={help ? `${id}-help` : undefined} />
      <div>
        <label htmlFor={id}>{label}</label>
        {help && (
          <p className="field-help" id={`${id}-help`}>
            {help}
          </p>
        )}
      </div>
    </div>
  );
}

/** The choices of an object of names, for `Select`. */
export function choicesOf(names: Record<string, string>): Choice[] {
  return Object.entries(names).map(([value, label]) => ({ value, label }));
}
