/** Figures side by side, each with its name. */
export function Tiles({ items }: { items: [string, string][] }) {
  return (
    <dl className="tiles">
      {items.map(([name, value]) => (
        <div key={name} className="tile">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
