import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { Link } from "react-router";
import { classes } from "./button.tsx";

interface Item {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  checked?: boolean;
  to?: string;
  onSelect?: () => void;
}

/** A button that opens a list of things to do. Falsy entries are left out; strings are headings. */
export function Menu({
  trigger,
  items,
  align = "end",
}: {
  trigger: ReactElement<Record<string, unknown>>;
  items: (Item | string | false | null | undefined)[];
  align?: "start" | "end";
}) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align={align} className="menu-positioner">
          <Base.Popup className="menu">
            {items.map((item) => {
              if (!item) return null;
              if (typeof item === "string") {
                return (
                  <div key={item} className="menu-heading">
                    {item}
                  </div>
                );
              }
              const { label, icon, danger, checked, to, onSelect } = item;
              const className = classes("menu-item", danger && "menu-danger");
              const content = (
                <>
                  {icon}
                  <span>{label}</span>
                  {checked !== undefined && <span className="menu-check">{checked ? "✓" : ""}</span>}
                </>
              );
              if (to !== undefined) {
                return (
                  <Base.Item key={label} className={className} render={<Link to={to} />}>
                    {content}
                  </Base.Item>
                );
              }
              return (
                <Base.Item
                  key={label}
                  className={className}
                  aria-checked={checked}
                  role={checked === undefined ? "menuitem" : "menuitemradio"}
                  onClick={onSelect}
                >
                  {content}
                </Base.Item>
              );
            })}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
