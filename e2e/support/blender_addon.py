"""Uses the Blender add-on as a user would and writes what came of it as JSON (see blender-addon.test.ts).

Run as: blender -b --factory-startup -P blender_addon.py -- JOB.json, with the add-on in BLENDER_USER_SCRIPTS.
JOB.json: {"server", "credentials", "cube", "pictures": [path, ...], "blank", "shown", "out"}; "shown" is Python
"""
import json
import math
import os
import sys
import time

import bpy

with open(sys.argv[sys.argv.index("--") + 1]) as job_file:
    job = json.load(job_file)

bpy.ops.preferences.addon_enable(module="maquette")
import maquette  # noqa: E402
from maquette import jobs, operators, preferences  # noqa: E402

prefs = preferences.get(bpy.context)
state = bpy.context.window_manager.maquette
facts = {}


def measure():
    """Size and state of the selected objects, in metres, as a user reads them off."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    meshes = [obj for obj in bpy.context.selected_objects if obj.type == "MESH"]
    corners, open_edges, faces, triangles, images = [], 0, 0, 0, set()
    for obj in meshes:
        mesh = obj.evaluated_get(depsgraph).to_mesh()
        corners += [obj.matrix_world @ vertex.co for vertex in mesh.vertices]
        uses = {}
        for polygon in mesh.polygons:
            faces += 1
            triangles += len(polygon.vertices) - 2
            # By position: importers split vertices where normals or UVs part.
            ring = [tuple(round(c, 6) for c in mesh.vertices[v].co) for v in polygon.vertices]
            for a, b in zip(ring, ring[1:] + ring[:1]):
                edge = (min(a, b), max(a, b))
                uses[edge] = uses.get(edge, 0) + 1
        open_edges += sum(count != 2 for count in uses.values())
        for slot in obj.material_slots:
            for node in slot.material.node_tree.nodes:
                if getattr(node, "image", None) and node.image.packed_file:
                    images.add(tuple(node.image.size))
    low = [min(corner[axis] for corner in corners) for axis in range(3)]
    high = [max(corner[axis] for corner in corners) for axis in range(3)]
    return {
        "size": [high[axis] - low[axis] for axis in range(3)],
        "centre": [(high[axis] + low[axis]) / 2 for axis in range(3)],
        "faces": faces,
        "triangles": triangles,
        "openEdges": open_edges,
        "images": sorted(images),
        "request": meshes[0]["maquette_request"],
        "iteration": meshes[0]["maquette_iteration"],
        "collection": meshes[0].users_collection[0].name,
        "objects": len([obj for obj in bpy.data.objects if obj.type == "MESH" and "maquette_request" in obj]),
    }


def refusal(run):
    try:
        run()
    except RuntimeError as error:
        return str(error)
    return None


for obj in list(bpy.data.objects):
    bpy.data.objects.remove(obj)

# Without credentials, and with a file that holds none.
facts["withoutKeys"] = refusal(lambda: bpy.ops.maquette.refresh())
facts["badFile"] = refusal(lambda: bpy.ops.maquette.load_credentials(filepath=job["cube"]))
prefs.server = job["server"]
bpy.ops.maquette.load_credentials(filepath=job["credentials"])

# A test cube, 30 cm high, beside the origin.
bpy.context.scene.cursor.location = (5, 0, 0)
state.test, state.height, state.name = True, 0.3, "cube"
bpy.ops.maquette.make(filepath=job["cube"])
facts["cube"] = measure()

# Wishes for it: the new version takes the place of the old one, wherever the user has put that.
bpy.context.view_layer.objects.active.location = (1, 2, 3)
bpy.context.view_layer.update()
state.wishes = "60 cm tall"
bpy.ops.maquette.revise()
facts["revised"] = measure()

# What docs/blender.md shows.
state.test, state.name = True, "shown"
exec(job["shown"].replace("/pictures/axe.png", job["cube"]))
facts["shown"] = measure()
for obj in list(bpy.context.selected_objects):
    bpy.data.objects.remove(obj)

# The other formats, and an older version again.
for name in ("fbx", "obj"):
    prefs.file_format = name
    bpy.ops.maquette.import_asset(request_id=facts["cube"]["request"], iteration="0")
    facts[name] = measure()
prefs.file_format = "fbx"
bpy.ops.maquette.import_asset(request_id=facts["cube"]["request"], replace=True)
facts["replaced"] = measure()

# A real object from pictures whose names say which sides they show.
prefs.file_format = "glb"
state.test, state.height, state.name = False, 0.8, ""
bpy.context.scene.cursor.location = (0, 0, 0)
folder = os.path.dirname(job["pictures"][0])
bpy.ops.maquette.make(
    filepath=job["pictures"][0],
    directory=folder,
    files=[{"name": os.path.basename(path)} for path in job["pictures"]],
)
facts["real"] = measure()

# Turned by the user and replaced by a format with other axes, it stands as it stood.
turned = bpy.context.view_layer.objects.active
turned.rotation_mode = "XYZ"
turned.rotation_euler.z += math.pi / 2
turned.location.x += 2
bpy.context.view_layer.update()
prefs.file_format = "fbx"
bpy.ops.maquette.import_asset(request_id=facts["real"]["request"], replace=True)
facts["turned"] = measure()

# What cannot be made.
facts["refused"] = refusal(lambda: bpy.ops.maquette.make(filepath=job["blank"]))
facts["missing"] = refusal(lambda: bpy.ops.maquette.make(filepath="/nowhere/picture.png"))
facts["wish"] = refusal(lambda: bpy.ops.maquette.revise(request_id=facts["cube"]["request"], wishes="make it sing"))

bpy.ops.maquette.refresh()
facts["listed"] = [[item.name, item.status, item.versions] for item in state.assets]

# The clipboard: paths and addresses, one a line.
facts["clipboard"] = [
    operators.read_clipboard_text(text)
    for text in (job["cube"], f"file://{job['cube']}\n https://example.com/a.png \n", "a sentence", "")
]

# While a job runs, the main thread only looks at it: the longest that one look took, in seconds.
server = prefs.connect()
waiting = jobs.Job("slow", lambda one: (one.pause(0.5), server.list(1))[1])
operators.pending.append((waiting, operators.take_list))
longest = 0
while operators.pending:
    began = time.perf_counter()
    operators.take_results(bpy.context)
    longest = max(longest, time.perf_counter() - began)
    time.sleep(0.01)
facts["longestTick"] = longest

# Everything can be taken away again.
bpy.ops.preferences.addon_disable(module="maquette")
facts["left"] = [hasattr(bpy.types.WindowManager, "maquette"), "make" in dir(bpy.ops.maquette)]

with open(job["out"], "w") as out:
    json.dump(facts, out)
