"""A downloaded file becomes objects in the scene, at the right scale and in the place of what it replaces."""

import bpy
from mathutils import Matrix

REQUEST = "maquette_request"
ITERATION = "maquette_iteration"
#: The matrix with which the importer left an object: it carries the change of axes, which differs by format.
IMPORTED = "maquette_imported"


def import_asset(context, asset, replace):
    """Imports a file and returns the collection that holds its objects.

    Files are in metres and so is Blender, so nothing is scaled. With `replace`, what came from the same asset goes and
    the new version takes its place.
    """
    former = [obj for obj in bpy.data.objects if obj.get(REQUEST) == asset["request_id"]] if replace else []
    place = next((_moved(obj) for obj in former if obj.parent is None), None)
    before = set(bpy.data.objects)
    _run_importer(asset["path"])
    added = [obj for obj in bpy.data.objects if obj not in before]
    if not added:
        raise RuntimeError(f"Blender found nothing in {asset['path']}")
    for obj in former:
        bpy.data.objects.remove(obj, do_unlink=True)
    collection = _collection(context, asset["name"])
    for obj in added:
        for other in list(obj.users_collection):
            other.objects.unlink(obj)
        collection.objects.link(obj)
        obj[REQUEST] = asset["request_id"]
        obj[ITERATION] = asset["iteration"]
    context.view_layer.update()
    for obj in added:
        if obj.parent is None:
            _place(obj, place, context.scene.cursor.location)
    _pack_images(added)
    context.view_layer.update()
    for obj in context.view_layer.objects.selected[:]:
        obj.select_set(False)
    for obj in added:
        obj.select_set(True)
    context.view_layer.objects.active = next((obj for obj in added if obj.type == "MESH"), added[0])
    return collection


def _run_importer(path):
    if path.endswith(".glb"):
        _mend_numpy()
        bpy.ops.import_scene.gltf(filepath=path)
    elif path.endswith(".fbx"):
        bpy.ops.import_scene.fbx(filepath=path)
    else:
        bpy.ops.wm.obj_import(filepath=path)


def _mend_numpy():
    """Blender 3.4's glTF importer says numpy.bool, which numpy 1.24 (Debian's Blender uses the system's) has dropped."""
    import numpy

    for name, kind in (("bool", bool), ("object", object), ("int", int), ("float", float)):
        if name not in vars(numpy):
            setattr(numpy, name, kind)


def _moved(obj):
    """What the user has done to an object since it was imported, but for scaling: sizes are the server's business."""
    imported = Matrix([obj[IMPORTED][row * 4 : row * 4 + 4] for row in range(4)])
    translation, rotation, _scale = (obj.matrix_world @ imported.inverted()).decompose()
    return Matrix.Translation(translation) @ rotation.to_matrix().to_4x4()


def _place(obj, place, cursor):
    imported = obj.matrix_world.copy()
    obj[IMPORTED] = [value for row in imported for value in row]
    obj.matrix_world = (Matrix.Translation(cursor) if place is None else place) @ imported


def _collection(context, name):
    collection = bpy.data.collections.get(name)
    if collection is None or collection.name not in context.scene.collection.children:
        collection = bpy.data.collections.new(name)
        context.scene.collection.children.link(collection)
    return collection


def _pack_images(objects):
    """The files lie in a temporary folder, so their pictures go into the blend file."""
    for obj in objects:
        for slot in obj.material_slots:
            if not slot.material or not slot.material.use_nodes:
                continue
            for node in slot.material.node_tree.nodes:
                image = getattr(node, "image", None)
                if image and image.packed_file is None:
                    image.pack()
