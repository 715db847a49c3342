"""The Maquette tab in the sidebar of the 3D viewport."""

import bpy

from . import operators


class MAQUETTE_UL_assets(bpy.types.UIList):
    def draw_item(self, _context, layout, _data, item, _icon, _active_data, _active_property):
        row = layout.row()
        row.label(text=item.name, icon="MESH_DATA" if item.status == "completed" else "TIME")
        row.label(text=f"{item.status}, v{item.versions - 1}")


class MAQUETTE_PT_sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"


class MAQUETTE_PT_make(MAQUETTE_PT_sidebar, bpy.types.Panel):
    bl_label = "Make"

    def draw(self, context):
        layout = self.layout
        state = context.window_manager.maquette
        column = layout.column()
        column.use_property_split = True
        column.prop(state, "name")
        column.prop(state, "quality")
        column.prop(state, "height")
        column.prop(state, "polycount")
        column.prop(state, "test")
        layout.operator("maquette.make", icon="IMAGE_DATA")
        layout.operator("maquette.make_from_clipboard", icon="PASTEDOWN")
        for job, _take in operators.pending:
            text = f"{job.label}: {job.stage}"
            if hasattr(layout, "progress"):
                layout.progress(text=text, factor=job.progress)
            else:
                layout.label(text=f"{text}, {round(100 * job.progress)} %", icon="SORTTIME")
        if operators.pending:
            layout.operator("maquette.stop", icon="CANCEL")
        for message in operators.messages:
            for line in wrap(message):
                layout.label(text=line)


class MAQUETTE_PT_revise(MAQUETTE_PT_sidebar, bpy.types.Panel):
    bl_label = "Revise"

    @classmethod
    def poll(cls, context):
        return operators.active_request(context) is not None

    def draw(self, context):
        state = context.window_manager.maquette
        self.layout.label(text=f"{context.object.name}, version {operators.active_version(context)}")
        self.layout.prop(state, "wishes")
        self.layout.operator("maquette.revise", icon="FILE_REFRESH")


class MAQUETTE_PT_assets(MAQUETTE_PT_sidebar, bpy.types.Panel):
    bl_label = "Assets on the Server"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout = self.layout
        state = context.window_manager.maquette
        layout.operator("maquette.refresh", icon="FILE_REFRESH")
        layout.template_list("MAQUETTE_UL_assets", "", state, "assets", state, "active")
        if state.assets:
            request_id = state.assets[state.active].request_id
            row = layout.row()
            for text, replace in (("Import", False), ("Replace", True)):
                button = row.operator("maquette.import_asset", text=text)
                button.request_id, button.replace = request_id, replace


def wrap(text, width=44):
    import textwrap

    return textwrap.wrap(text, width)


CLASSES = (MAQUETTE_UL_assets, MAQUETTE_PT_make, MAQUETTE_PT_revise, MAQUETTE_PT_assets)
