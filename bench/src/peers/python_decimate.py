"""Decimates a surface with libraries of Python, for the bench: python3 python_decimate.py JOB.json.

The job is that of blender_remesh.py. Where a library is missing, its job leaves no file.
"""
import json
import sys

import numpy


def main():
    with open(sys.argv[1]) as job_file:
        task = json.load(job_file)
    positions = numpy.fromfile(task["positions"], numpy.float32).reshape(-1, 3).astype(numpy.float64)
    triangles = numpy.fromfile(task["triangles"], numpy.uint32).reshape(-1, 3).astype(numpy.int32)
    for job in task["jobs"]:
        try:
            points, faces = METHODS[job["method"]](positions, triangles, job["faces"])
        except ImportError:
            continue
        points.astype(numpy.float32).tofile(job["out"] + ".positions")
        numpy.full(len(faces), 3, numpy.uint8).tofile(job["out"] + ".sizes")
        faces.astype(numpy.uint32).tofile(job["out"] + ".corners")


def open3d(positions, triangles, faces):
    import open3d as o3d

    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(positions), o3d.utility.Vector3iVector(triangles)
    ).simplify_quadric_decimation(faces)
    return numpy.asarray(mesh.vertices), numpy.asarray(mesh.triangles)


def meshlab(positions, triangles, faces):
    import pymeshlab

    meshes = pymeshlab.MeshSet()
    meshes.add_mesh(pymeshlab.Mesh(positions, triangles))
    meshes.meshing_decimation_quadric_edge_collapse(targetfacenum=faces, preservenormal=True, preservetopology=True)
    return meshes.current_mesh().vertex_matrix(), meshes.current_mesh().face_matrix()


def fast(positions, triangles, faces):
    import fast_simplification

    return fast_simplification.simplify(positions, triangles, target_count=faces)


METHODS = {"open3d": open3d, "meshlab": meshlab, "fast": fast}

main()
