import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";

export interface Heading {
  level: number;
  text: string;
  id: string;
}

export interface RenderedPage {
  title: string;
  html: string;
  /** Below the title. */
  headings: Heading[];
}

/**
 * A page of Markdown to HTML, with the anchors that GitHub gives its headings, so that links work in both places.
 * @param resolve gets every address of a link or picture, and answers with what stands in the site
 */
export function renderPage(markdown: string, resolve: (address: string) => string): RenderedPage {
  const parser = new MarkdownIt({ html: true, linkify: false });
  const slugger = new GithubSlugger();
  const headings: Heading[] = [];
  const tokens = parser.parse(markdown, {});
  tokens.forEach((token, i) => {
    if (token.type === "heading_open") {
      const text = (tokens[i + 1]!.children ?? [])
        .filter(({ type }) => type === "text" || type === "code_inline")
        .map(({ content }) => content)
        .join("");
      const heading = { level: Number(token.tag.slice(1)), text, id: slugger.slug(text) };
      token.attrSet("id", heading.id);
      headings.push(heading);
    }
    for (const child of token.children ?? []) {
      const name = child.type === "link_open" ? "href" : child.type === "image" ? "src" : null;
      if (name) child.attrSet(name, resolve(child.attrGet(name)!));
      if (child.type === "html_inline") child.content = resolveHtml(child.content, resolve);
    }
    if (token.type === "html_block") token.content = resolveHtml(token.content, resolve);
  });
  // Wide tables scroll by themselves, and can be reached with the keyboard to do so.
  parser.renderer.rules.table_open = () => '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n';
  parser.renderer.rules.table_close = () => "</table></div>\n";
  parser.renderer.rules.fence = (all, i) =>
    `<pre tabindex="0"><code>${parser.utils.escapeHtml(all[i]!.content)}</code></pre>\n`;
  const title = headings.find(({ level }) => level === 1)?.text;
  if (title === undefined) throw new Error("a page needs a heading of the first level");
  return {
    title,
    html: parser.renderer.render(tokens, parser.options, {}),
    headings: headings.filter(({ level }) => level > 1),
  };
}

function resolveHtml(html: string, resolve: (address: string) => string): string {
  return html.replace(
    /\b(src|srcset|href)="([^"]+)"/g,
    (_, name: string, address: string) => `${name}="${resolve(address)}"`,
  );
}
