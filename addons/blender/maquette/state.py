"""What the panel shows and edits. It belongs to the session, never to the file."""

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

QUALITIES = (
    ("standard", "Standard", "Up to 30,000 triangles, fast"),
    ("high", "High", "Up to 100,000 triangles"),
    ("ultra", "Ultra", "Up to 300,000 triangles"),
)


class MaquetteAsset(bpy.types.PropertyGroup):
    request_id: StringProperty()
    name: StringProperty()
    status: StringProperty()
    versions: IntProperty()


class MaquetteState(bpy.types.PropertyGroup):
    name: StringProperty(name="Name", description="Name of the asset; the first picture's unless given")
    quality: EnumProperty(name="Quality", items=QUALITIES, default="standard")
    height: FloatProperty(
        name="Height", default=2, min=0.001, max=1000, subtype="DISTANCE", unit="LENGTH", description="Height of the asset"
    )
    polycount: IntProperty(name="Triangles", default=0, min=0, max=300_000, description="At most this many; 0: the quality's")
    test: BoolProperty(name="Test cube", description="Get a plain cube at once; the pictures are not looked at")
    wishes: StringProperty(name="Wishes", description="Such as: 120 cm tall, half the polygons, pivot at the base")
    assets: CollectionProperty(type=MaquetteAsset)
    active: IntProperty()


CLASSES = (MaquetteAsset, MaquetteState)


def register():
    bpy.types.WindowManager.maquette = PointerProperty(type=MaquetteState)


def unregister():
    del bpy.types.WindowManager.maquette
