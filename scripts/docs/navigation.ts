/** The site's table of contents. A page of `docs/` that is not named here comes last, so none is lost. */
export interface Section {
  title: string;
  /** Paths in the repository. */
  pages: string[];
}

export const HOME = "docs/README.md";

export const SECTIONS: Section[] = [
  { title: "Start", pages: [HOME, "docs/start.md", "docs/pictures.md", "docs/gallery.md", "docs/limits.md"] },
  {
    title: "Use",
    pages: [
      "docs/web-app.md",
      "docs/command-line.md",
      "docs/finish.md",
      "docs/blender.md",
      "docs/mcp.md",
      "docs/generators.md",
    ],
  },
  {
    title: "Program",
    pages: ["docs/api.md", "docs/webhooks.md", "docs/moving-from-kaedim.md", "packages/client/README.md"],
  },
  {
    title: "Operate",
    pages: ["docs/operating.md", "docs/scaling.md", "docs/failures.md", "docs/threat-model.md", "CHANGELOG.md"],
  },
  {
    title: "How it works",
    pages: [
      "docs/how-it-works.md",
      "docs/understanding.md",
      "docs/prior.md",
      "training/README.md",
      "packages/engine/models/README.md",
      "packages/engine/models/matte.md",
      "ARCHITECTURE.md",
      "CONTRIBUTING.md",
    ],
  },
  { title: "Measured", pages: ["docs/quality.md", "docs/mesh.md", "docs/speed.md"] },
];

/** Folders whose other pages get a section of their own at the end. */
export const REST: { title: string; folder: string }[] = [
  { title: "More", folder: "docs" },
  { title: "Decisions", folder: "docs/decisions" },
];
