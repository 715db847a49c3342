"""Which server, and with which keys."""

import json

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from .server import Server, ServerError

FORMATS = (
    ("glb", "GLB", "Triangles, PBR material, texture packed"),
    ("fbx", "FBX", "Quads kept, texture packed"),
    ("obj", "OBJ", "Quads kept, texture beside the file"),
)


class MaquettePreferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    server: StringProperty(name="Server", default="http://localhost:8080", description="Address of the Maquette server")
    dev_id: StringProperty(name="devID", description="From the API keys page of the server")
    api_key: StringProperty(name="API key", subtype="PASSWORD", description="From the API keys page of the server")
    refresh_token: StringProperty(
        name="Refresh token", subtype="PASSWORD", description="From the API keys page of the server"
    )
    file_format: EnumProperty(name="Import", items=FORMATS, default="glb", description="Format that is imported")

    def draw(self, _context):
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "server")
        layout.prop(self, "dev_id")
        layout.prop(self, "api_key")
        layout.prop(self, "refresh_token")
        layout.operator("maquette.load_credentials", icon="FILE_FOLDER")
        layout.prop(self, "file_format")

    def connect(self):
        """@raise ServerError when something is missing"""
        return Server(self.server, self.dev_id, self.api_key, self.refresh_token)


class MAQUETTE_OT_load_credentials(bpy.types.Operator, ImportHelper):
    bl_idname = "maquette.load_credentials"
    bl_label = "Load Credentials File"
    bl_description = "Takes devID, API key and refresh token from the credentials.json that the server wrote"

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context):
        preferences = get(context)
        try:
            with open(self.filepath, encoding="utf8") as file:
                credentials = json.load(file)
            values = [credentials[field] for field in ("devID", "apiKey", "refreshToken")]
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.report({"ERROR"}, f"{self.filepath} holds no credentials: {error}")
            return {"CANCELLED"}
        preferences.dev_id, preferences.api_key, preferences.refresh_token = values
        return {"FINISHED"}


def get(context):
    return context.preferences.addons[__package__].preferences


def connect(operator, context):
    """The server, or None after telling the user what is missing."""
    try:
        return get(context).connect()
    except ServerError as error:
        operator.report({"ERROR"}, str(error))
        return None


CLASSES = (MaquettePreferences, MAQUETTE_OT_load_credentials)
