"""Remeshes a surface with what Blender has, for the bench.

Run as: blender -b --factory-startup -P blender_remesh.py -- JOB.json
JOB.json: {"positions": path of float32, "triangles": path of uint32, "jobs": [{"method": name, "faces": n, "out": path}]}
Each job leaves OUT.positions (float32), OUT.sizes (uint8) and OUT.corners (uint32).
"""
import json
import sys

import bpy
import numpy

# Voxel sizes are searched for, since that remesher is told a size and no count.
VOXEL_TRIES = 7
CLOSE_ENOUGH = 0.01
# QuadriFlow refuses meshes with edges that are next to nothing in Blender's units.
SCALE = 100


def main():
    with open(sys.argv[sys.argv.index("--") + 1]) as job_file:
        task = json.load(job_file)
    positions = numpy.fromfile(task["positions"], numpy.float32).reshape(-1, 3)
    triangles = numpy.fromfile(task["triangles"], numpy.uint32).reshape(-1, 3)
    for job in task["jobs"]:
        thing = METHODS[job["method"]](positions, triangles, job["faces"])
        save(thing, job["out"])


def load(positions, triangles):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    mesh = bpy.data.meshes.new("surface")
    mesh.from_pydata((SCALE * positions).tolist(), [], triangles.tolist())
    thing = bpy.data.objects.new("surface", mesh)
    bpy.context.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    thing.select_set(True)
    return thing


def decimate(positions, triangles, faces):
    thing = load(positions, triangles)
    modifier = thing.modifiers.new("decimate", "DECIMATE")
    modifier.decimate_type = "COLLAPSE"
    modifier.ratio = faces / len(triangles)
    bpy.ops.object.modifier_apply(modifier="decimate")
    return thing


def quadriflow(positions, triangles, faces):
    thing = load(positions, triangles)
    bpy.ops.object.quadriflow_remesh(
        mode="FACES", target_faces=faces, seed=0, use_mesh_symmetry=False, use_preserve_sharp=True
    )
    if len(thing.data.polygons) == len(triangles):
        raise RuntimeError("QuadriFlow refused the surface")
    return thing


def voxels(positions, triangles, faces):
    low, high = 0.002 * SCALE, 0.2 * SCALE
    best, found = None, None
    for _ in range(VOXEL_TRIES):
        size = (low * high) ** 0.5 if found is None else size * (found / faces) ** 0.5
        thing = load(positions, triangles)
        thing.data.remesh_voxel_size = size
        thing.data.remesh_voxel_adaptivity = 0
        bpy.ops.object.voxel_remesh()
        found = len(thing.data.polygons)
        if best is None or abs(found - faces) < abs(best[0] - faces):
            best = found, size
        if abs(found / faces - 1) < CLOSE_ENOUGH:
            return thing
    thing = load(positions, triangles)
    thing.data.remesh_voxel_size = best[1]
    bpy.ops.object.voxel_remesh()
    return thing


def save(thing, out):
    mesh = thing.data
    points = numpy.empty(len(mesh.vertices) * 3, dtype=numpy.float32)
    mesh.vertices.foreach_get("co", points)
    sizes = numpy.empty(len(mesh.polygons), dtype=numpy.int32)
    mesh.polygons.foreach_get("loop_total", sizes)
    corners = numpy.empty(len(mesh.loops), dtype=numpy.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    (points / SCALE).tofile(out + ".positions")
    sizes.astype(numpy.uint8).tofile(out + ".sizes")
    corners.astype(numpy.uint32).tofile(out + ".corners")


METHODS = {"decimate": decimate, "quadriflow": quadriflow, "voxels": voxels}

main()
