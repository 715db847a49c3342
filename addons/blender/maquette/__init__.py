"""Maquette for Blender: pictures of an object in, a textured asset at the right scale in the scene.

Talks to a Maquette server. Requests run in a thread and a modal timer takes their results in, so that Blender never
waits for the network.
"""

bl_info = {
    "name": "Maquette",
    "author": "The Maquette authors",
    "version": (0, 1, 0),
    "blender": (3, 4, 0),
    "location": "3D Viewport > Sidebar > Maquette",
    "description": "Make assets from pictures on a Maquette server and import them at the right scale",
    "category": "Import-Export",
}

import bpy

from . import operators, panel, preferences, state

CLASSES = (*preferences.CLASSES, *state.CLASSES, *operators.CLASSES, *panel.CLASSES)


def register():
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    state.register()


def unregister():
    operators.stop_all()
    state.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
