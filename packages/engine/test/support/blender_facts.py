"""Imports files into Blender one after another and writes what it finds as JSON (see import-facts.ts).

Run as: blender -b --factory-startup -P blender_facts.py -- JOB.json
JOB.json: {"files": [path, ...], "sampledFaces": n, "out": path}
"""
import json
import sys
import traceback

import numpy

# Blender 3.4's glTF importer uses aliases that Debian's numpy 1.24 has dropped.
numpy.bool, numpy.object, numpy.int, numpy.float = bool, object, int, float

import bpy  # noqa: E402


def main():
    with open(sys.argv[sys.argv.index("--") + 1]) as job_file:
        job = json.load(job_file)
    results = []
    for path in job["files"]:
        try:
            results.append(facts(path, job["sampledFaces"]))
        except Exception:
            results.append({"file": path, "error": traceback.format_exc()})
    with open(job["out"], "w") as out:
        json.dump(results, out)


def facts(path, sampled_faces):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    importers = {
        "obj": bpy.ops.wm.obj_import,
        "fbx": bpy.ops.import_scene.fbx,
        "glb": bpy.ops.import_scene.gltf,
        "gltf": bpy.ops.import_scene.gltf,
    }
    result = importers[path.rsplit(".", 1)[1].lower()](filepath=path)
    if "FINISHED" not in result:
        raise RuntimeError("import answered %r" % (result,))
    bpy.context.view_layer.update()
    parts, samples, textures = [], [], {}
    low, high = numpy.full(3, numpy.inf), numpy.full(3, -numpy.inf)
    for thing in (o for o in bpy.data.objects if o.type == "MESH"):
        mesh = thing.data
        world = numpy.array(thing.matrix_world)
        points = numpy.empty(len(mesh.vertices) * 3, dtype=numpy.float32)
        mesh.vertices.foreach_get("co", points)
        points = to_object_frame(points.reshape(-1, 3).astype(numpy.float64) @ world[:3, :3].T + world[:3, 3])
        low, high = numpy.minimum(low, points.min(axis=0)), numpy.maximum(high, points.max(axis=0))
        sizes = numpy.empty(len(mesh.polygons), dtype=numpy.int32)
        mesh.polygons.foreach_get("loop_total", sizes)
        parts.append({
            "name": thing.name,
            "parent": thing.parent.name if thing.parent else None,
            "origin": to_object_frame(world[:3, 3]).tolist(),
            "vertices": len(mesh.vertices),
            "polygons": len(sizes),
            "quads": int((sizes == 4).sum()),
            "triangles": int((sizes - 2).sum()),
        })
        images = material_images(mesh)
        for slot, image in images.items():
            textures[slot, image.name] = {"slot": slot, "width": image.size[0], "height": image.size[1]}
        if sampled_faces > 0:
            samples += take_samples(thing, points, world, images.get("baseColor"), sampled_faces)
    if not parts:
        raise RuntimeError("no mesh was imported")
    return {
        "file": path,
        "min": low.tolist(),
        "max": high.tolist(),
        "parts": parts,
        "textures": list(textures.values()),
        "samples": samples,
    }


def to_object_frame(points):
    """Blender is +Z up with the front towards -Y."""
    return numpy.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def material_images(mesh):
    """The images that feed the base colour and the normal of the first material's surface shader."""
    found = {}
    for material in (m for m in mesh.materials if m and m.use_nodes):
        for shader in (n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED"):
            for slot, socket in (("baseColor", "Base Color"), ("normal", "Normal")):
                image = linked_image(shader.inputs[socket])
                if image:
                    found.setdefault(slot, image)
    return found


def linked_image(socket):
    for link in socket.links:
        node = link.from_node
        if node.type == "TEX_IMAGE":
            return node.image if node.image and node.image.has_data else load(node.image)
        # A normal map at strength 0 is there and does nothing.
        if node.type == "NORMAL_MAP" and node.inputs["Strength"].default_value == 0:
            continue
        for entry in node.inputs:
            image = linked_image(entry)
            if image:
                return image
    return None


def load(image):
    # has_data only turns true once the pixels are asked for.
    return image if image and len(image.pixels) > 0 else None


def take_samples(thing, points, world, image, sampled_faces):
    mesh = thing.data
    mesh.calc_normals_split()
    normal_matrix = numpy.linalg.inv(world[:3, :3]).T
    uvs = mesh.uv_layers.active.data if mesh.uv_layers.active else None
    colors = mesh.color_attributes.active_color
    pixels = None
    if image:
        pixels = numpy.empty(len(image.pixels), dtype=numpy.float32)
        image.pixels.foreach_get(pixels)
        pixels = pixels.reshape(image.size[1], image.size[0], -1)
    samples = []
    count = len(mesh.polygons)
    for index in range(0, count, max(1, -(-count // sampled_faces))):
        loops = list(mesh.polygons[index].loop_indices)
        corners = points[[mesh.loops[i].vertex_index for i in loops]]
        places = numpy.array([uvs[i].uv for i in loops]) if uvs else None
        for k, i in enumerate(loops):
            normal = to_object_frame(normal_matrix @ numpy.array(mesh.loops[i].normal))
            samples.append({
                "part": thing.name,
                "point": ((corners[k] + corners.mean(axis=0)) / 2).tolist(),
                "normal": (normal / numpy.linalg.norm(normal)).tolist(),
                "texture": pixel(pixels, (places[k] + places.mean(axis=0)) / 2) if uvs and image else None,
                "color": corner_color(colors, mesh, i) if colors else None,
            })
    return samples


def pixel(pixels, uv):
    """Nearest texel; Blender's rows run from the bottom."""
    height, width = pixels.shape[:2]
    x = min(width - 1, max(0, int(uv[0] * width)))
    y = min(height - 1, max(0, int(uv[1] * height)))
    return [round(float(c) * 255) for c in pixels[y, x, :3]]


def corner_color(colors, mesh, loop):
    index = mesh.loops[loop].vertex_index if colors.domain == "POINT" else loop
    return [round(c * 255) for c in colors.data[index].color_srgb[:3]]


main()
