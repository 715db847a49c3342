import { type ReactNode, useId, useRef } from "react";

/** The way to files by a button, inside a place where they can be dropped as well. */
export function FileChoice({
  icon,
  drop,
  choose,
  help,
  label,
  accept,
  multiple,
  onChoose,
  children,
}: {
  icon: ReactNode;
  drop: string;
  choose: string;
  help: string;
  /** Of the field itself, which is hidden. */
  label: string;
  accept: string;
  multiple?: boolean;
  onChoose: (files: File[]) => void;
  /** Other ways. */
  children?: ReactNode;
}) {
  const input = useRef<HTMLInputElement>(null);
  const helpId = useId();
  return (
    <div className="picker-add">
      {icon}
      <p>
        {drop}{" "}
        <button type="button" className="link-button" onClick={() => input.current?.click()} aria-describedby={helpId}>
          {choose}
        </button>
      </p>
      <p className="soft" id={helpId}>
        {help}
      </p>
      <input
        ref={input}
        type="file"
        accept={accept}
        multiple={multiple}
        hidden
        aria-label={label}
        onChange={(event) => {
          onChoose([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      {children}
    </div>
  );
}
