import type { RenderedPage } from "./render-page.ts";

export interface NavigationSection {
  title: string;
  pages: { title: string; file: string }[];
}

const escapeText = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The whole page: no script, one style sheet, relative addresses only, so it works from a disk as from a server. */
export function fillTemplate(page: RenderedPage, file: string, navigation: NavigationSection[]): string {
  const up = "../".repeat(file.split("/").length - 1);
  const order = navigation.flatMap(({ pages }) => pages);
  const at = order.findIndex((other) => other.file === file);
  const beside = (offset: number, label: string) => {
    const other = order[at + offset];
    return other ? `<a href="${up}${other.file}"><span>${label}</span>${escapeText(other.title)}</a>` : "<span></span>";
  };
  const sections = navigation
    .map(
      ({ title, pages }) =>
        `<h2>${escapeText(title)}</h2>\n<ul>${pages
          .map((other) => {
            const current = other.file === file ? ' aria-current="page"' : "";
            return `<li><a href="${up}${other.file}"${current}>${escapeText(other.title)}</a></li>`;
          })
          .join("\n")}</ul>`,
    )
    .join("\n");
  const contents = page.headings.filter(({ level }) => level === 2);
  const aside =
    contents.length < 2
      ? ""
      : `<aside aria-label="On this page"><h2>On this page</h2><ul>${contents
          .map(({ id, text }) => `<li><a href="#${id}">${escapeText(text)}</a></li>`)
          .join("")}</ul></aside>`;
  const title = page.title === "Maquette" ? "Maquette" : `${page.title} · Maquette`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<link rel="icon" href="${up}icon.svg">
<link rel="stylesheet" href="${up}style.css">
</head>
<body>
<a class="skip" href="#content">Skip to the page</a>
<header><a class="brand" href="${up}index.html"><img src="${up}icon.svg" alt="" width="28" height="28">Maquette</a>
<details class="menu"><summary>All pages</summary><nav aria-label="All pages">${sections}</nav></details></header>
<div class="frame">
<nav class="side" aria-label="Pages">${sections}</nav>
<main id="content">
${page.html}
<footer>${beside(-1, "Before")}${beside(1, "Next")}</footer>
</main>
${aside}
</div>
</body>
</html>
`;
}
