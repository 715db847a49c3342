import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Camera, cameraBasis } from "../src/frames.ts";
import { type RenderMesh, renderMesh } from "../src/raster/render.ts";
import { makeTexture } from "../src/raster/texture.ts";
import type { RgbaImage } from "../src/types.ts";
import { box } from "./raster-shapes.ts";

const SIZE = 192;

const CAMERAS: Record<string, Camera> = {
  orthographic: { azimuth: 33, elevation: 21, perspective: 0, scale: 150, centerX: SIZE / 2, centerY: SIZE / 2 },
  perspective: { azimuth: 235, elevation: 35, perspective: 0.6, scale: 130, centerX: SIZE / 2, centerY: SIZE / 2 },
  top: { azimuth: 0, elevation: 90, perspective: 0, scale: 150, centerX: SIZE / 2, centerY: SIZE / 2 },
};

/** A slab with a tower at +X +Z, so that no mirror image of it looks the same, and a coloured map on every face. */
function scene(): { mesh: RenderMesh; texture: RgbaImage } {
  const slab = box([1, 0.3, 0.6], [0, -0.2, 0]);
  const tower = box([0.2, 0.5, 0.15], [0.3, 0.15, 0.15]);
  const positions = Float32Array.from([...slab.positions, ...tower.positions]);
  const triangles = Uint32Array.from([...slab.triangles, ...tower.triangles.map((v) => v + 8)]);
  const square = [0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0];
  const uvs = Float32Array.from({ length: 2 * triangles.length }, (_, i) => square[i % 12]);
  // Little contrast between neighbours: Cycles blends texels as sRGB bytes, we (like glTF) in linear light.
  const data = new Uint8Array(16 * 16 * 4);
  for (let i = 0; i < 256; i++) {
    const [x, y] = [i % 16, Math.floor(i / 16)];
    data.set([16 * x, 16 * y, x < 8 === y < 4 ? 150 : 110, 255], 4 * i);
  }
  const texture = { width: 16, height: 16, data };
  return { mesh: { positions, triangles, uvs, textures: [makeTexture(texture)] }, texture };
}

const SCRIPT = `
import bpy, json, mathutils, sys
job = json.load(open(sys.argv[-1]))
up = lambda p: (p[0], -p[2], p[1])  # Blender's Z is up
bpy.ops.wm.read_factory_settings(use_empty=True)
mesh = bpy.data.meshes.new("m")
p, t, uv = job["positions"], job["triangles"], job["uvs"]
mesh.from_pydata([up(p[i:i+3]) for i in range(0, len(p), 3)], [], [t[i:i+3] for i in range(0, len(t), 3)])
layer = mesh.uv_layers.new()
for i in range(len(t)):
    layer.data[i].uv = (uv[2*i], 1 - uv[2*i+1])
material = bpy.data.materials.new("m")
material.use_nodes = True
nodes, links = material.node_tree.nodes, material.node_tree.links
nodes.clear()
image = nodes.new("ShaderNodeTexImage")
image.image = bpy.data.images.load(job["texture"])
image.extension = "EXTEND"
emission, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
links.new(image.outputs["Color"], emission.inputs["Color"])
links.new(emission.outputs["Emission"], output.inputs["Surface"])
mesh.materials.append(material)
scene = bpy.context.scene
scene.collection.objects.link(bpy.data.objects.new("o", mesh))
scene.render.engine = "CYCLES"
scene.cycles.samples = 48
scene.cycles.use_denoising = False
scene.cycles.pixel_filter_type = "BOX"
scene.cycles.max_bounces = 0
scene.render.film_transparent = True
scene.view_settings.view_transform = "Standard"
scene.render.resolution_x = scene.render.resolution_y = job["size"]
scene.render.image_settings.color_mode = "RGBA"
data = bpy.data.cameras.new("c")
camera = bpy.data.objects.new("c", data)
scene.collection.objects.link(camera)
scene.camera = camera
for shot in job["shots"]:
    axes = [mathutils.Vector(up(a)) for a in (shot["right"], shot["up"], shot["towards"])]
    matrix = mathutils.Matrix(axes).transposed().to_4x4()
    matrix.translation = axes[2] * shot["distance"]
    camera.matrix_world = matrix
    data.clip_end = 100
    data.type = "PERSP" if shot["angle"] else "ORTHO"
    if shot["angle"]:
        data.angle = shot["angle"]
    else:
        data.ortho_scale = shot["span"]
    scene.render.filepath = shot["file"]
    bpy.ops.render.render(write_still=True)
`;

describe("renderMesh beside Blender", () => {
  const directory = mkdtempSync(join(tmpdir(), "maquette-blender-"));
  const { mesh, texture } = scene();
  afterAll(() => rmSync(directory, { recursive: true }));

  beforeAll(async () => {
    if (spawnSync("blender", ["--version"]).error) {
      throw new Error("Blender is needed for this test: apt-get install --no-install-recommends -y blender");
    }
    const file = join(directory, "texture.png");
    await sharp(texture.data, { raw: { width: 16, height: 16, channels: 4 } })
      .png()
      .toFile(file);
    const shots = Object.entries(CAMERAS).map(([name, camera]) => {
      const distance = camera.perspective > 0 ? 1 / camera.perspective : 10;
      const span = SIZE / camera.scale;
      const angle = camera.perspective > 0 ? 2 * Math.atan(span / 2 / distance) : 0;
      return { ...cameraBasis(camera), distance, span, angle, file: join(directory, `${name}.png`) };
    });
    const job = {
      ...{ size: SIZE, texture: file, shots, positions: [...mesh.positions], triangles: [...mesh.triangles] },
      uvs: [...mesh.uvs!],
    };
    writeFileSync(join(directory, "job.json"), JSON.stringify(job));
    writeFileSync(join(directory, "render.py"), SCRIPT);
    const script = join(directory, "render.py");
    execFileSync("blender", ["-b", "--factory-startup", "-P", script, "--", join(directory, "job.json")]);
  }, 120_000);

  it.each(Object.keys(CAMERAS))(
    "gives the same %s picture: silhouette, perspective, texture and colour",
    async (name) => {
      const { data } = await sharp(join(directory, `${name}.png`))
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const ours = renderMesh(mesh, CAMERAS[name], SIZE, SIZE, { light: null, samples: 4 });
      let [covered, differing, squares, compared] = [0, 0, 0, 0];
      for (let i = 0; i < data.length; i += 4) {
        covered += data[i + 3] / 255;
        differing += Math.abs(data[i + 3] - ours.data[i + 3]) / 255;
        if (data[i + 3] < 255 || ours.data[i + 3] < 255) continue;
        for (let c = 0; c < 3; c++) squares += (data[i + c] - ours.data[i + c]) ** 2;
        compared += 3;
      }
      expect(differing / covered).toBeLessThan(0.004);
      expect(Math.sqrt(squares / compared)).toBeLessThan(2.5);
    },
  );
});
